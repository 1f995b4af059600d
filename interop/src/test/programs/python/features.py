"""All that a client of the Python SDK can do, tried on the fixture: features.py GENERATION URL [denied].

With "denied", the tool, the resource and the prompt that a policy withholds are asked for, and what stays allowed is tried
after it. One line of JSON is printed for each thing that was tried, with what was seen.
"""

import json
import sys
import warnings

import anyio
import mcp_types as types
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

warnings.simplefilter("ignore")
GENERATION, URL = sys.argv[1:3]
DENIED = sys.argv[3:] == ["denied"]
MODERN = GENERATION == "2026-07-28"


def plain(value):
    """What was seen, as JSON has it."""
    if isinstance(value, MCPError):
        return {"error": value.error.message, "code": value.error.code, "data": value.error.data}
    if isinstance(value, BaseException):
        return {"error": str(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


async def check(name, tried):
    try:
        passed, saw = True, plain(await tried())
    except Exception as error:
        passed, saw = False, plain(error)
    print(json.dumps({"check": name, "passed": passed, "saw": saw}), flush=True)


async def refusal(tried):
    try:
        result = await tried()
    except MCPError as error:
        return plain(error)
    raise AssertionError(f"this should have been refused, and gave {plain(result)}")


def digest(text):
    return f"{len(text)} characters {text[:20]}...{text[-20:]}"


class Features:
    """One client, and what the server asked of it and told it."""

    def __init__(self):
        self.asked = []
        self.logged = []
        self.updated = anyio.Event()
        self.changed = anyio.Event()
        self.client = Client(
            URL,
            mode="auto" if MODERN else "legacy",
            sampling_callback=self.sample,
            elicitation_callback=self.elicit,
            list_roots_callback=self.roots,
            logging_callback=self.log,
            message_handler=self.notice,
        )

    async def sample(self, _context, params):
        self.asked.append(f"sampling: {params.messages[0].content.text}")
        return types.CreateMessageResult(
            role="assistant", model="none", content=types.TextContent(type="text", text="Good day")
        )

    async def elicit(self, _context, params):
        self.asked.append(f"elicitation: {params.message}")
        schema = params.requested_schema
        return types.ElicitResult(action="accept", content={next(iter(schema["properties"])): "Zoë"})

    async def roots(self, _context):
        self.asked.append("roots")
        return types.ListRootsResult(roots=[types.Root(uri="file:///nowhere/at-all", name="work")])

    async def log(self, params):
        self.logged.append(params.data)

    async def notice(self, message):
        if isinstance(message, types.ResourceUpdatedNotification):
            self.updated.set()
        elif isinstance(message, types.ToolListChangedNotification):
            self.changed.set()

    def taken(self):
        asked, self.asked = self.asked, []
        return asked

    async def said(self, name, **arguments):
        return (await self.client.call_tool(name, arguments)).content[0].text

    async def begin(self):
        return {
            "version": self.client.protocol_version,
            "server": plain(self.client.server_info),
            "capabilities": plain(self.client.server_capabilities),
            "instructions": self.client.instructions,
        }

    async def pages(self):
        pages, cursor = [], None
        while True:
            page = await self.client.list_resources(cursor=cursor)
            pages.append([str(resource.uri) for resource in page.resources])
            cursor = page.next_cursor
            if cursor is None:
                assert len(pages) == 3, pages
                return pages

    async def at_once(self):
        answers = {}

        async def one(n):
            answers[n] = await self.said("echo", text=f"call {n}")

        async with anyio.create_task_group() as tasks:
            for n in range(40):
                tasks.start_soon(one, n)
        assert all(answers[n] == f"call {n}" for n in range(40)), answers

    async def progress(self):
        steps = []

        async def step(progress, total, _message):
            steps.append([progress, total])

        await self.client.call_tool("test_tool_with_progress", {}, progress_callback=step)
        return steps

    async def log_of_a_call(self):
        if not MODERN:
            await self.client.set_logging_level("debug")
        await self.said("test_tool_with_logging")
        return self.logged

    async def notices(self):
        uri = "test://watched-resource"
        if MODERN:
            seen = []
            async with self.client.listen(resource_subscriptions=[uri], tools_list_changed=True) as events:
                for tool, arguments in (("touch", {"uri": uri}), ("test_trigger_tool_change", {})):
                    await self.said(tool, **arguments)
                    seen.append(type(await anext(events)).__name__)
            return seen
        await self.client.subscribe_resource(uri)
        await self.said("touch", uri=uri)
        await self.updated.wait()
        await self.client.unsubscribe_resource(uri)
        await self.said("test_trigger_tool_change")
        await self.changed.wait()
        return ["updated", "changed"]

    async def cancelled(self):
        began = anyio.Event()

        async def step(_progress, _total, _message):
            began.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: self.client.call_tool("wait", {}, progress_callback=step))
            await began.wait()
            tasks.cancel_scope.cancel()
        return await self.said("was_cancelled")

    async def everything(self):
        client, said = self.client, self.said
        await check("begin", self.begin)
        await check("tools", lambda: client.list_tools())
        await check("resources in pages", self.pages)
        await check("templates", lambda: client.list_resource_templates())
        await check("prompts", lambda: client.list_prompts())
        await check("a call", lambda: said("echo", text='grüße, 世界, 😀, \u2028, "quoted" \\ and \u0001'))
        await check("a structured answer", lambda: client.call_tool("structured", {"city": "Oslo"}))

        async def large_answer():
            return digest(await said("large", characters=1_000_000))

        async def large_argument():
            return digest(await said("echo", text="ü" * (500_000)))

        await check("an answer of a megabyte", large_answer)
        await check("an argument of a megabyte", large_argument)
        await check("a tool that fails", lambda: client.call_tool("test_error_handling", {}))
        await check("a tool that is missing", lambda: refusal(lambda: client.call_tool("no_such_tool", {})))
        for tool in ("test_image_content", "test_audio_content", "test_multiple_content_types"):
            await check(f"the content of {tool}", lambda tool=tool: client.call_tool(tool, {}))
        await check("forty calls at once", self.at_once)
        for uri in ("test://static-text", "test://static-binary", "test://template/a1/data", "test://pages/6"):
            await check(f"the resource {uri}", lambda uri=uri: client.read_resource(uri))
        await check("a resource that is missing", lambda: refusal(lambda: client.read_resource("test://nothing")))
        await check(
            "a prompt", lambda: client.get_prompt("test_prompt_with_arguments", {"arg1": "one", "arg2": "zwölf"})
        )
        await check(
            "a completion",
            lambda: client.complete(
                types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments"),
                {"name": "arg1", "value": "al"},
            ),
        )
        await check("progress", self.progress)
        await check("a log", self.log_of_a_call)

        async def asked_by(tool, **arguments):
            return [await said(tool, **arguments), sorted(self.taken())]

        await check("what the server asks for, at once", lambda: asked_by("test_input_required_result_multiple_inputs"))
        await check(
            "what the server asks for, one after the other", lambda: asked_by("test_input_required_result_multi_round")
        )
        if not MODERN:
            await check("sampling in a call", lambda: asked_by("test_sampling", prompt="Greet"))
            await check("elicitation in a call", lambda: asked_by("test_elicitation", message="Who?"))
            await check("roots in a call", lambda: asked_by("ask_roots"))
        await check("a notice of a resource", self.notices)
        await check("a call that is cancelled", self.cancelled)
        if not MODERN:
            await check("a stream that is cut, and taken up again", lambda: said("test_reconnection"))

    async def denials(self):
        async def denied(kind, name, tried):
            error = await refusal(tried)
            assert error["code"] == -31403, error
            assert f"{kind} '{name}'" in error["error"], error
            assert error["data"]["reason"] == "policy_denied" and error["data"]["name"] == name, error

        async def lists():
            tools = [tool.name for tool in (await self.client.list_tools()).tools]
            assert "echo" in tools and "secret" not in tools, tools
            prompts = [prompt.name for prompt in (await self.client.list_prompts()).prompts]
            assert "test_prompt_with_image" in prompts and "test_simple_prompt" not in prompts, prompts
            last = [str(r.uri) for r in (await self.client.list_resources(cursor="4")).resources]
            assert "test://pages/4" in last and "test://pages/5" not in last, last

        client = self.client
        await check("begin", self.begin)
        await check("a denied tool", lambda: denied("tool", "secret", lambda: client.call_tool("secret", {})))
        await check(
            "a denied resource",
            lambda: denied("resource", "test://pages/5", lambda: client.read_resource("test://pages/5")),
        )
        await check(
            "a denied prompt",
            lambda: denied("prompt", "test_simple_prompt", lambda: client.get_prompt("test_simple_prompt")),
        )
        await check("no list shows them", lists)
        await check("the rest goes on", lambda: self.said("echo", text="still here"))


async def main():
    features = Features()
    async with features.client:
        await (features.denials() if DENIED else features.everything())
    if not DENIED:

        async def ended():
            return "ended"

        await check("end", ended)


anyio.run(main)
