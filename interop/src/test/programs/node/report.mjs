// What a client's program tells the test: one line of JSON for each thing that it tried, with what it saw.

let failed = 0;

const shown = (value) => {
  if (value instanceof Error) {
    return { error: value.message, code: value.code ?? null, data: value.data ?? null };
  }
  return value ?? null;
};

// The time, which a server may tell, is another in every run.
const TIME = /\b(\d{4}-\d{2}-\d{2}T)?\d{1,2}:\d{2}:\d{2}(\.\d+)?(Z| [AP]M)?/g;
const timeless = (_key, value) => (typeof value === 'string' ? value.replace(TIME, 'TIME') : value);

const line = (check, passed, saw) =>
  process.stdout.write(`${JSON.stringify({ check, passed, saw: shown(saw) }, timeless)}\n`);

/** Tries something, and tells what came of it; a check that throws has failed, and the next one is tried. */
export async function check(name, tried) {
  try {
    line(name, true, await tried());
  } catch (error) {
    failed++;
    line(name, false, error);
  }
}

/** The error that something is expected to end with. */
export async function refusal(tried) {
  let result;
  try {
    result = await tried();
  } catch (error) {
    return shown(error);
  }
  throw new Error(`this should have been refused, and gave ${JSON.stringify(result)}`);
}

export function expect(truth, otherwise) {
  if (!truth) {
    throw new Error(otherwise);
  }
}

/** What a long text is told by: its length, and its two ends. */
export const digest = (text) =>
  text.length <= 200 ? text : `${text.length} characters ${text.slice(0, 20)}...${text.slice(-20)}`;

/** Resolves with the next call of what it gives to `register`. */
export function signal() {
  let fire;
  const happened = new Promise((resolve) => {
    fire = resolve;
  });
  return { fire, happened };
}
