"""What the common readers of JUnit XML accept, as their published schemas say it, in our own words.

Jenkins: junit-10.xsd of its xUnit plugin. Surefire: surefire-test-report.xsd, version 3.0.2, by which each test suite
is a document of its own. Neither knows properties of a test case, which pytest writes, too, and Jenkins' JUnit plugin
reads: they are taken for an addition, and nothing else is.
"""

import re
import xml.etree.ElementTree as ET

#: By element: attributes that must be there, attributes that may, and children in the order that Surefire wants.
JENKINS = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (
        ("name", "tests", "failures", "errors"),
        ("time", "skipped", "timestamp", "hostname", "id", "package", "group", "file", "log", "url", "version"),
        ("properties", "testcase", "system-out", "system-err"),
    ),
    "testcase": (
        ("name",),
        ("classname", "time", "group"),
        ("properties", "failure", "skipped", "error", "system-out", "system-err"),
    ),
    **dict.fromkeys(("failure", "error", "skipped"), ((), ("type", "message"), ())),
    "properties": ((), (), ("property",)),
    "property": (("name", "value"), (), ()),
    "system-out": ((), (), ()),
    "system-err": ((), (), ()),
}
SUREFIRE = JENKINS | {
    "testsuite": (
        ("name", "tests", "failures", "errors", "skipped"),
        ("time", "timestamp", "group", "version", "flakes"),
        ("properties", "testcase"),
    ),
    "testcase": (("name", "time"), ("classname", "group", "timestamp"), JENKINS["testcase"][2]),
    "skipped": ((), ("message",), ()),
}
TIME = re.compile(r"\d+(\.\d{1,3})?")
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def read(path):
    """A file's root, where it is what readers know."""
    return ET.parse(path).getroot()  # noqa: S314 - to parse hostile text is what we test


def accept(root, rules):
    """Assert that a reader with these rules takes the document, and counts what it says."""
    for element in root.iter():
        must, may, children = rules[element.tag]
        assert set(must) <= set(element.keys()) <= {*must, *may}, (element.tag, element.keys())
        order = [children.index(child.tag) for child in element]
        assert rules is JENKINS or order == sorted(order), (element.tag, [child.tag for child in element])
        if element.get("time") is not None:
            assert TIME.fullmatch(element.get("time"))
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for word, tag in COUNTED.items():
            assert suite.get(word) == str(sum(case.find(tag) is not None for case in cases)), word


def properties(element):
    """A suite's or a case's properties, each name once."""
    found = [(each.get("name"), each.get("value")) for each in element.findall("properties/property")]
    assert len(dict(found)) == len(found), found
    return dict(found)


def cases(root):
    """The test cases by `classname::name`, each once."""
    found = [(f"{case.get('classname')}::{case.get('name')}", case) for case in root.iter("testcase")]
    assert len(dict(found)) == len(found)
    return dict(found)


def told(case):
    """What came of a test case: its element and what that says; "passed" without."""
    for tag in COUNTED.values():
        if (element := case.find(tag)) is not None:
            return tag, element.get("message")
    return "passed", None
