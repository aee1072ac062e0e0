"""What a response shows while it arrives: what it says, thinks and calls with, each under its attempt."""

import json

from damascus.core.live_output import MAX_PIECE_CHARS, OutputPart, OutputPiece


async def test_thoughts_and_arguments_are_shown_as_they_arrive(client, server, book, reply, ask):
    heard = []

    async def drip(writer):
        writer.write(reply.head())
        call = {"index": 0, "id": "c1", "function": {"name": "write_file", "arguments": '{"path": '}}
        deltas = [
            reply.delta(reasoning_content="I think "), reply.delta(content="Well. "), reply.delta(tool_calls=[call]),
            reply.delta("tool_calls", tool_calls=[{"index": 0, "function": {"arguments": '"a"}'}}]),
        ]  # fmt: skip
        for delta in deltas:
            writer.write(reply.event(delta))
            await writer.drain()
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()

    async def on_output(piece):
        heard.append(piece)

    server.will(drip)
    answer = await client.complete(ask(), book, on_output)
    said = {}
    for piece in heard:
        said[piece.part, piece.tool] = said.get((piece.part, piece.tool), "") + piece.text
    assert said == {
        (OutputPart.REASONING, ""): "I think ", (OutputPart.TEXT, ""): "Well. ",
        (OutputPart.ARGUMENTS, "write_file"): '{"path": "a"}',
    }  # fmt: skip
    assert {piece.attempt for piece in heard} == {answer.reservation}


def test_a_piece_is_read_as_it_was_published():
    piece = OutputPiece(OutputPart.ARGUMENTS, 'é\n\x00"', "run_command", "res_1", 17)
    assert OutputPiece.from_json(piece.to_json()) == piece


def test_what_is_not_a_piece_is_text_and_all_of_it_has_a_bound():
    for odd in ("words", "[1]", "7", '{"part": "soul", "text": "x"}', '{"a": 1}', "[" * 50_000):
        assert OutputPiece.from_json(odd) == OutputPiece(OutputPart.TEXT, odd[:MAX_PIECE_CHARS])
    large = {"part": "text", "text": "x" * 50_000, "tool": "t" * 500, "attempt": "a" * 500, "offset": -5}
    found = OutputPiece.from_json(json.dumps(large))
    assert (len(found.text), len(found.tool), len(found.attempt), found.offset) == (MAX_PIECE_CHARS, 100, 100, 0)
    assert OutputPiece.from_json(json.dumps(large | {"offset": 10**30})).offset == 10**12
    assert OutputPiece.from_json('{"part":"text","text":"x","tool":"","attempt":"","offset":1e999}').offset == 0
