"""Tool calls put together from the pieces of a stream, where servers leave out ids, numbers and names as they like.

A piece belongs to the call of its id, else of its number, else to the last one. It begins another call where it can no
longer belong to that one: another id, another tool, or a new object of arguments behind one that is whole.
"""

import json
from collections.abc import Sequence, Set
from typing import Any

from damascus.core.live_output import OutputPart, OutputPiece
from damascus.llm.port import MAX_TOOL_CALLS
from damascus.llm.provider_fields import merged_fields

_KNOWN_KEYS = frozenset({"index", "id", "type", "function"})
_KNOWN_FUNCTION_KEYS = frozenset({"name", "arguments"})

Call = dict[str, Any]


class CallAssembly:
    """The calls that have arrived so far, each {"id", "name", "arguments", "fields"}.

    `offered` are the names of the tools that the model was given: a name may arrive in pieces, these are whole.
    """

    def __init__(self, offered: Set[str]) -> None:
        self.calls: list[Call] = []
        self._offered = offered
        self._by_index: dict[object, Call] = {}
        self._heard: list[OutputPiece] = []
        self._announced = ""  # a name behind a whole call: said again, or of the call that follows

    def add(self, pieces: Sequence[dict[str, Any]], room: int, *, whole: bool = False) -> int:
        """Add the pieces that came together, of at most `room` characters. Returns by how many the calls have grown.

        Those of a whole message are each a call, and so are those with a name that came together. A call beyond
        MAX_TOOL_CALLS is passed over.
        """
        grown, before = 0, len(self.calls)
        for piece in pieces:
            grown += self._add(piece, room - grown, before if not whole else None)
        return grown

    def take_heard(self) -> list[OutputPiece]:
        """Return the arguments that came since this was asked last, each with its tool's name so far."""
        heard, self._heard = self._heard, []
        return heard

    def _add(self, piece: dict[str, Any], room: int, before: int | None) -> int:
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        name, arguments = function.get("name"), function.get("arguments")
        name = name if isinstance(name, str) else ""
        call = self._new_call(piece) if before is None else self._call_for(piece, name, arguments, before)
        if call is None:
            return 0
        if isinstance(piece.get("id"), str):
            call["id"] = call["id"] or piece["id"]
        grown = 0
        if name and not arguments and _is_whole(call):
            self._announced = name
        elif not call["name"]:
            name, self._announced = name or self._announced, ""
        if name != call["name"] and room > 0:
            call["name"] += name
            grown = len(name)
        if arguments:
            said = arguments if isinstance(arguments, str) else json.dumps(arguments)
            self._heard.append(OutputPiece(OutputPart.ARGUMENTS, said, call["name"]))
        return grown + _add_fields(call, piece, function, room) + _add_arguments(call, arguments, room)

    def _call_for(self, piece: dict[str, Any], name: str, arguments: object, before: int) -> Call | None:
        key = _index_of(piece)
        known = self._of_id(piece.get("id"), key, name)
        if known is None:
            known = self._by_index.get(key) if key is not None else (self.calls[-1] if self.calls else None)
        came_just_now = known is not None and bool(name) and any(known is call for call in self.calls[before:])
        if known is None or came_just_now or self._begins_another(known, piece.get("id"), name, arguments):
            return self._new_call(piece)
        return known

    def _new_call(self, piece: dict[str, Any]) -> Call | None:
        if len(self.calls) >= MAX_TOOL_CALLS:
            return None
        call: Call = {"id": "", "name": "", "arguments": [], "fields": {}}
        self.calls.append(call)
        self._by_index[_index_of(piece)] = call
        return call

    def _of_id(self, id: object, key: object, name: str) -> Call | None:
        """Return the call of this id; ids that several calls share (some servers say the tool's name) name none."""
        found = [call for call in self.calls if id and call["id"] == id]
        if len(found) != 1 or (name and key is not None and self._by_index.get(key) is not found[0]):
            return None
        return found[0]

    def _begins_another(self, call: Call, id: object, name: str, arguments: object) -> bool:
        if name and call["name"]:
            if id and call["id"]:
                if id != call["id"]:
                    return True
            elif name != call["name"]:
                return bool(call["arguments"]) or {name, call["name"]} <= self._offered
        return _begins_object(arguments) and _is_whole(call) and not (id and id == call["id"])


def _index_of(piece: dict[str, Any]) -> object:
    index = piece.get("index")
    return index if isinstance(index, int | str) else None


def arguments_of(call: Call) -> object:
    """Return the arguments of one of `calls`: the text that was streamed, or the JSON value that came whole."""
    pieces = call["arguments"]
    return pieces[0] if len(pieces) == 1 and not isinstance(pieces[0], str) else "".join(map(str, pieces))


def _add_fields(call: Call, piece: dict[str, Any], function: dict[str, Any], room: int) -> int:
    fields = {key: value for key, value in piece.items() if key not in _KNOWN_KEYS}
    inner = {key: value for key, value in function.items() if key not in _KNOWN_FUNCTION_KEYS}
    fields |= {"function": inner} if inner else {}
    if not fields:
        return 0
    size = len(str(fields))
    if size <= room:
        call["fields"] = merged_fields(call["fields"], fields)
    return size


def _add_arguments(call: Call, arguments: object, room: int) -> int:
    if isinstance(arguments, str):
        if arguments:
            call["arguments"].append(arguments[: max(room, 0)])
        return len(arguments)
    if arguments is None:
        return 0
    call["arguments"] = [arguments]
    return len(str(arguments))


def _begins_object(arguments: object) -> bool:
    return arguments.lstrip()[:1] == "{" if isinstance(arguments, str) else isinstance(arguments, dict)


def _is_whole(call: Call) -> bool:
    """Return True if the arguments so far are one JSON object; only what can end one is parsed."""
    pieces = call["arguments"]
    if not pieces or not isinstance(pieces[-1], str):
        return bool(pieces)
    if not pieces[-1].rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads("".join(map(str, pieces)), strict=False), dict)
    except (ValueError, RecursionError):
        return False
