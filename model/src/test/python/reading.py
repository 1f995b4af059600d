"""Reads JSON bodies as a server in Python does, and prints what it read; see WholeReading.java for the form.

In: a file of bodies, one a line in base64. Out: a line for each.
"""

import base64
import json
import math
import struct
import sys


def canonical(value):
    if value is None:
        return "n"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(value, (int, float)):
        number = float(value) + 0.0
        if not math.isfinite(number):
            raise ValueError("not finite")
        return "d" + struct.pack(">d", number).hex()
    if isinstance(value, str):
        return "s" + value.encode("utf-8", "surrogatepass").hex() + ";"
    if isinstance(value, list):
        return "[" + "".join(map(canonical, value)) + "]"
    members = sorted(value.items(), key=lambda member: member[0].encode("utf-8", "surrogatepass"))
    return "{" + "".join(canonical(key) + canonical(member) for key, member in members) + "}"


def inside(value):
    return value if isinstance(value, dict) else {}


def reading(body):
    whole = json.loads(body)
    if not isinstance(whole, dict):
        raise ValueError("no object")
    params = inside(whole.get("params"))
    ref = inside(params.get("ref"))
    return canonical(whole) + " " + canonical([
        whole.get("id"), whole.get("method"), params.get("name"), params.get("uri"), params.get("arguments"),
        params.get("task"), ref.get("type"), ref.get("name"), ref.get("uri"),
        inside(params.get("_meta")).get("io.modelcontextprotocol/protocolVersion"),
        inside(params.get("notifications")).get("resourceSubscriptions"),
        "result" in whole, "error" in whole,
    ])


with open(sys.argv[1], "rb") as bodies:
    for line in bodies:
        try:
            print(reading(base64.b64decode(line)))
        except (ValueError, OverflowError, RecursionError):
            print("refused")
