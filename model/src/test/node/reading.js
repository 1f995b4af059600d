// Reads JSON bodies as a server in JavaScript does, and prints what it read; see WholeReading.java for the form.
//
// In: a file of bodies, one a line in base64. Out: a line for each.
'use strict';
const fs = require('node:fs');

const bits = new DataView(new ArrayBuffer(8));

function canonical(value) {
  if (value === null || value === undefined) {
    return 'n';
  }
  switch (typeof value) {
    case 'boolean':
      return value ? 't' : 'f';
    case 'number':
      if (!Number.isFinite(value)) {
        throw new RangeError('not finite');
      }
      bits.setFloat64(0, value + 0);
      return 'd' + bits.getBigUint64(0).toString(16).padStart(16, '0');
    case 'string':
      return 's' + Buffer.from(value, 'utf8').toString('hex') + ';';
  }
  if (Array.isArray(value)) {
    return '[' + value.map(canonical).join('') + ']';
  }
  const members = Object.keys(value).map((key) => [canonical(key), value[key]]);
  // The hexadecimal digits sort as the UTF-8 does, but for the mark behind the last.
  members.sort(([a], [b]) => (a.slice(0, -1) < b.slice(0, -1) ? -1 : 1));
  return '{' + members.map(([key, member]) => key + canonical(member)).join('') + '}';
}

// Servers copy what they were sent, and a copy takes the key __proto__ for the prototype, whose members it inherits.
function copy(value) {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(copy);
  }
  const members = {};
  for (const key of Object.keys(value)) {
    members[key] = copy(value[key]);
  }
  return members;
}

function inside(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function reading(body) {
  const whole = JSON.parse(body.toString('utf8'));
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) {
    throw new TypeError('no object');
  }
  const message = copy(whole);
  const params = inside(message.params);
  const ref = inside(params.ref);
  return canonical(whole) + ' ' + canonical([
    message.id, message.method, params.name, params.uri, params.arguments, params.task, ref.type, ref.name, ref.uri,
    inside(params._meta)['io.modelcontextprotocol/protocolVersion'], inside(params.notifications).resourceSubscriptions,
    message.result !== undefined, message.error !== undefined,
  ]);
}

const bodies = fs.readFileSync(process.argv[2], 'latin1').split('\n');
bodies.pop(); // what follows the last line's end
const lines = bodies.map((body) => {
  try {
    return reading(Buffer.from(body, 'base64'));
  } catch {
    return 'refused';
  }
});
process.stdout.write(lines.join('\n') + '\n');
