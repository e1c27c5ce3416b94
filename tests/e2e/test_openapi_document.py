# SPDX-License-Identifier: GPL-3.0-or-later
"""/openapi.json keeps the rules of OpenAPI 3.1 whatever the MCP servers' tools look like."""
import json
import re
import select
import time
import unittest
from urllib.parse import quote, unquote, urljoin

from bridge import Bridge, fixture, wait_for
from case import BridgeCase

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
DATA = {"example", "examples", "default", "const", "enum"}


def servers_file(**commands):
    """A --config file with these servers, the first being the default."""
    return json.dumps({"mcpServers": {name: {"command": command[0], "args": command[1:]}
                                      for name, command in commands.items()}})


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def references(value):
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for key, item in value.items():
            if key not in DATA or "schema" in value.get("properties", {}):
                yield from references(item)


def resolve(document, reference):
    """The value a reference leads to; KeyError or IndexError when there is none."""
    if not reference.startswith("#/"):
        raise KeyError(reference)
    value = document
    for token in unquote(reference[2:]).split("/"):
        token = token.replace("~1", "/").replace("~0", "~")
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


class Rules:
    """The checks; a class below says for which servers."""

    def setUp(self):
        self.document = self.bridge.get("/openapi.json").json

    def test_it_has_what_openapi_demands_at_its_top(self):
        document = self.document
        self.assertRegex(document["openapi"], r"^3\.1\.\d+$")
        for key in ("title", "version"):
            self.assertIsInstance(document["info"][key], str)
        self.assertTrue(all(isinstance(server["url"], str) for server in document["servers"]))
        self.assertLessEqual(set(document), {"openapi", "info", "servers", "paths", "components",
                                             "tags", "security", "x-degraded-servers"})

    def test_every_reference_leads_to_something(self):
        found = set(references(self.document))
        self.assertTrue(found)
        for reference in found:
            with self.subTest(reference):
                self.assertIsInstance(resolve(self.document, reference), (dict, bool))

    def test_operation_ids_are_unique_and_plain(self):
        ids = [operation["operationId"] for _, _, operation in operations(self.document)]
        self.assertEqual(sorted(set(ids)), sorted(ids))
        self.assertEqual([name for name in ids if not re.fullmatch(r"\w+", name, re.ASCII)], [])

    def test_path_parameters_are_declared_and_no_others(self):
        for path, method, operation in operations(self.document):
            with self.subTest(f"{method} {path}"):
                self.assertTrue(path.startswith("/"))
                declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
                self.assertEqual(declared, set(re.findall(r"\{([^}]+)\}", path)))

    def test_parameters_are_complete_and_unique(self):
        for path, method, operation in operations(self.document):
            with self.subTest(f"{method} {path}"):
                parameters = operation.get("parameters", [])
                keys = [(p["in"], p["name"].lower()) for p in parameters]
                self.assertEqual(len(set(keys)), len(keys))
                for parameter in parameters:
                    self.assertIn(parameter["in"], ("path", "query", "header", "cookie"))
                    self.assertIn("schema", parameter)
                    self.assertTrue(parameter.get("description"), parameter)
                    self.assertTrue(parameter["in"] != "path" or parameter["required"] is True)

    def test_responses_are_present_and_described(self):
        for path, method, operation in operations(self.document):
            with self.subTest(f"{method} {path}"):
                self.assertTrue(operation["summary"])
                self.assertTrue({"200", "302", "303"} & set(operation["responses"]))
                for status, response in operation["responses"].items():
                    self.assertRegex(status, r"^([1-5]\d\d|default)$")
                    if "$ref" in response:
                        response = resolve(self.document, response["$ref"])
                    self.assertTrue(response["description"])
                    for media in response.get("content", {}).values():
                        self.assertIsInstance(media["schema"], (dict, bool))

    def test_tags_are_declared_once_and_used(self):
        declared = [tag["name"] for tag in self.document["tags"]]
        self.assertEqual(len(set(declared)), len(declared))
        used = {tag for _, _, operation in operations(self.document) for tag in operation["tags"]}
        self.assertLessEqual(used, set(declared))

    def test_the_ways_to_authenticate_are_described(self):
        schemes = self.document["components"]["securitySchemes"]
        self.assertEqual(schemes["bearer"]["scheme"], "bearer")
        self.assertEqual(schemes["apiKey"]["name"], "X-API-Key")
        for entry in self.document["security"]:
            self.assertLessEqual(set(entry), set(schemes))

    def test_component_names_are_legal(self):
        for kind, entries in self.document["components"].items():
            for name in entries:
                self.assertRegex(name, r"^[A-Za-z0-9._-]+$", kind)

    def test_nothing_points_to_another_host(self):
        self.assertNotIn("example/x.json", json.dumps(self.document))


def tool_operation(document, path):
    operation = document["paths"][path]["post"]
    body = operation["requestBody"]["content"]["application/json"]
    answer = operation["responses"]["200"]["content"]["application/json"]
    return operation, body["example"], answer["example"]


class Demo(Rules, BridgeCase):
    def test_the_examples_of_a_tool_are_what_it_takes_and_gives(self):
        _, body, answer = tool_operation(self.document, "/tools/add")
        given = self.bridge.call("add", body).json
        self.assertLessEqual(set(answer), set(given))
        self.assertLessEqual(set(answer["content"][0]), set(given["content"][0]))
        self.assertIsInstance(answer["structuredContent"]["result"], int)
        self.assertEqual(json.loads(answer["content"][0]["text"]), answer["structuredContent"])

    def test_a_tool_has_its_error_bodies(self):
        operation, _, _ = tool_operation(self.document, "/tools/add")
        for status in ("400", "404", "409", "422", "502", "504"):
            response = resolve(self.document, operation["responses"][status]["$ref"])
            example = response["content"]["application/json"]["example"]
            self.assertEqual(example["status_code"], int(status))
            self.assertLessEqual({"detail", "error", "request_id"}, set(example))

    def test_tools_come_first(self):
        self.assertEqual(self.document["tags"][0]["name"], "Discovered tools")
        self.assertEqual(self.document["tags"][-1]["name"], "Service")


class HardSchemas(Rules, BridgeCase):
    server = fixture("schemas")

    def test_every_tool_has_an_operation_whose_path_and_example_work(self):
        for tool in self.bridge.get("/tools").json:
            with self.subTest(tool["name"]):
                path = "/tools/" + quote(tool["name"], safe="")
                _, body, _ = tool_operation(self.document, path)
                answer = self.assertStatus(self.bridge.post(path, body), 200)
                self.assertEqual(answer.json["structuredContent"]["args"], body)

    def test_names_that_look_alike_keep_their_own_schemas(self):
        places = [op["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                  for path, _, op in operations(self.document)
                  if path.startswith("/tools/") and "{" not in path]
        self.assertEqual(len(set(places)), len(places))

    def test_recursion_stays_a_reference(self):
        node = self.document["components"]["schemas"]["tree_input"]["$defs"]["node"]
        self.assertEqual(node["properties"]["children"]["items"]["$ref"],
                         "#/components/schemas/tree_input/$defs/node")

    def test_all_properties_of_a_wide_schema_are_there(self):
        wide = self.document["components"]["schemas"]["wide_input"]["properties"]
        self.assertEqual(len(wide), 60)

    def test_plain_descriptions_keep_their_lines(self):
        operation, body, _ = tool_operation(self.document, "/tools/weather")
        self.assertIn("Give a city.  \nOne per call.", operation["description"])
        self.assertEqual(body, {"city": "Oslo"})


class TwoServers(Rules, BridgeCase):
    """Tools and servers named so that careless ids would collide."""
    args = ("--config", "{home}/servers.json")
    files = {"servers.json": servers_file(**{
        "one": fixture("counter", "--tools=two_x,y,two.y,two_y"),
        "two": fixture("counter", "--tools=x,y,x_y"), "two_x": fixture("counter", "--tools=y")})}

    def test_the_tools_of_all_servers_are_there(self):
        for path in ("/tools/two_x", "/servers/two/tools/x", "/servers/two_x/tools/y"):
            _, body, _ = tool_operation(self.document, path)
            self.bridge.post(path, body)
            self.assertStatus(self.bridge.post(path, body), 200)
        names = [tag["name"] for tag in self.document["tags"]]
        self.assertEqual(names[:3], ["Tools of one", "Tools of two", "Tools of two_x"])


class Silent(BridgeCase):
    args = ("--config", "{home}/servers.json")
    files = {"servers.json": servers_file(one=fixture("counter"), bad=["/does/not/exist"])}

    def test_a_server_that_does_not_start_is_named(self):
        began = time.monotonic()
        document = self.assertStatus(self.bridge.get("/openapi.json"), 200).json
        self.assertEqual(document["x-degraded-servers"], ["bad"])
        self.assertIn("`bad`", document["info"]["description"])
        self.assertIn("/tools/call_counter", document["paths"])
        self.assertLess(time.monotonic() - began, 20)


class Changing(BridgeCase):
    """Documents are kept, but not longer than the tools they are made of."""
    env = {"SCHEMA_CACHE_TTL": "1", "MCP_WARM_POOL_SIZE": "0"}
    server = ["sh", "-c", 'exec "$@" --tools="$(cat "$HOME/names")"', "sh", *fixture("counter")]
    files = {"names": "first"}

    def paths(self):
        return self.bridge.get("/openapi.json").json["paths"]

    def test_a_changed_list_of_tools_changes_the_document(self):
        self.assertIn("/tools/first", self.paths())
        with open(self.bridge.path("names"), "w") as file:
            file.write("second")
        wait_for(lambda: "/tools/second" in self.paths(), what="the new tool in the document")
        self.assertNotIn("/tools/first", self.paths())


class Large(BridgeCase):
    """A document that takes a while to make."""
    server = fixture("paged", "--count", "1500", "--page", "500")

    def test_others_are_served_while_it_is_made_for_all_who_asked(self):
        self.assertEqual(len(self.bridge.get("/tools").json), 1500)
        left = self.bridge.send("GET", "/openapi.json")
        waiting = [self.bridge.send("GET", "/openapi.json") for _ in range(2)]
        left.close()
        served = 0
        while not select.select([waiting[0].sock], [], [], 0)[0]:
            self.assertStatus(self.bridge.get("/health"), 200)
            served += 1
        documents = [connection.getresponse().read() for connection in waiting]
        for connection in waiting:
            connection.close()
        self.assertGreater(served, 5)
        self.assertEqual(documents[0], documents[1])
        self.assertEqual(len([path for path in json.loads(documents[0])["paths"]
                              if path.startswith("/tools/tool_")]), 1500)


class Policies(BridgeCase):
    env = {"MCP_MAP_HEADER_TO_INPUT": "text=X-Text", "EFFECT_TOOLS": "call_*"}
    server = fixture("counter")

    def test_headers_that_become_arguments_and_the_dry_run_are_parameters(self):
        document = self.bridge.get("/openapi.json").json
        operation, body, _ = tool_operation(document, "/tools/call_counter")
        headers = [p["name"] for p in operation["parameters"] if p["in"] == "header"]
        self.assertEqual(headers, ["x-inxm-mcp-session", "X-Text", "X-Inxm-Dry-Run"])
        self.assertNotIn("text", body)


class Addresses(unittest.TestCase):
    def test_paths_hold_from_wherever_the_document_is_read(self):
        with Bridge(env={"MCP_BASE_PATH": "/api/v1"}) as bridge:
            for page in ("/openapi.json", "/api/v1/openapi.json"):
                server = bridge.get(page).json["servers"][0]["url"]
                address = urljoin(page, server).rstrip("/")
                self.assertEqual(bridge.post(address + "/tools/add", {"a": 2, "b": 3}).result, 5)

    def test_a_page_with_a_slash_behind_its_address_is_sent_to_the_right_one(self):
        with Bridge(env={"MCP_BASE_PATH": "/api/v1"}) as bridge:
            for page in ("/docs", "/api/v1/redoc"):
                answer = bridge.get(page + "/")
                self.assertEqual(answer.status, 308)
                self.assertEqual(urljoin(page + "/", answer.headers["Location"]), page)


class Security(BridgeCase):
    """What can be told of the pages without a browser."""

    def test_the_pages_allow_nothing_from_elsewhere(self):
        for page in ("/docs", "/redoc"):
            policy = self.bridge.get(page).headers["Content-Security-Policy"]
            self.assertIn("default-src 'self'", policy)
            self.assertIn("script-src 'self';", policy)
            self.assertNotIn("http", policy)
