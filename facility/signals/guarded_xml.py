"""XML from strangers: elements, attributes and text. A document type is refused, and with it every entity."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # its tree only; what is read goes through the guarded parser below
from xml.parsers import expat

from facility.errors import SignalError

_DEEPEST = 50


def read_xml(body: bytes, source: str) -> ET.Element:
    """Return the root of a document, names without their namespaces.

    Raises
    ------
    SignalError
        If it is no XML, declares a document type (entities that expand or read files live there), or is nested too deep.
    """
    tree, depth = ET.TreeBuilder(), 0
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise SignalError(f"{source}: its XML declares a document type; such a document is not read")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise SignalError(f"{source}: its XML is nested too deep")
        tree.start(name.rpartition(" ")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        tree.end(name.rpartition(" ")[2])

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = tree.data
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise SignalError(f"{source}: answered with no XML: {error}") from error
    return tree.close()


def text_of(element: ET.Element, path: str, source: str) -> str:
    """Return the text of an element inside another.

    Raises
    ------
    SignalError
        If it is not there.
    """
    found = element.findtext(path)
    if found is None or not found.strip():
        raise SignalError(f"{source}: its {element.tag} has no {path}")
    return found.strip()
