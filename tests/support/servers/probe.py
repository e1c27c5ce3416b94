#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what the child process was given: environment, arguments, working directory."""
import json
import os
import sys

from mcpserver import Server, arguments_parser, schema

server = Server("probe")


@server.tool("read_env", schema("name", name="string"))
def read_env(call):
    """The value of one environment variable, or an empty text."""
    value = os.environ.get(call.args["name"], "")
    return {"content": [{"type": "text", "text": value}], "structuredContent": {"result": value}}


@server.tool("env_names")
def env_names(call):
    """The names of all environment variables."""
    return json.dumps({"names": sorted(os.environ)})


@server.tool("argv")
def argv(call):
    """The arguments of the process, without its name."""
    return json.dumps({"argv": sys.argv[1:]})


@server.tool("cwd")
def cwd(call):
    """The working directory."""
    return os.getcwd()


@server.tool("pid")
def pid(call):
    """Process id, parent and process group."""
    return json.dumps({"pid": os.getpid(), "ppid": os.getppid(), "pgid": os.getpgid(0)})


@server.tool("limits")
def limits(call):
    """The resource limits in force, soft ones."""
    import resource
    return json.dumps({"memory": resource.getrlimit(resource.RLIMIT_AS)[0],
                       "cpu": resource.getrlimit(resource.RLIMIT_CPU)[0],
                       "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0]})


@server.tool("meta")
def meta(call):
    """The _meta of this very call."""
    return json.dumps({"meta": call.meta})


parser = arguments_parser(__doc__)
parser.add_argument("rest", nargs="*", help="anything; the tool argv shows it")
server.main(parser, parser.parse_known_args()[0])
