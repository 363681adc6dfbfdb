"""Files `.s2i/environment` with what is read from them: by us (tests/unit) and by the real s2i (tests/images), so that neither is a guess.

Bytes that are not shown as text are written as bytes.
"""

from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]

# Read by us as by s2i.
SAME: list[tuple[bytes, Pairs]] = [
    (b"", ()),
    (b"A=b\n", (("A", "b"),)),
    (b"A=b", (("A", "b"),)),
    (b"A=b\r\nC=d\r\n", (("A", "b"), ("C", "d"))),
    (b"  A\t=  b c \t\n", (("A", "b c"),)),
    (b"A=b=c\n", (("A", "b=c"),)),
    (b"A=\n", (("A", ""),)),
    (b"# A=b\n#\n\n   \nC=d # e\n", (("C", "d # e"),)),
    (b"just words\nA=b\n", (("A", "b"),)),
    (b"A=$HOME/x\n", (("A", "$HOME/x"),)),
    (b"A=${HOME} `id` $(id) \\n %PATH%\n", (("A", "${HOME} `id` $(id) \\n %PATH%"),)),
    ("A=\xa0caf\xe9\u3000\n".encode(), (("A", "caf\xe9"),)),
    (b"A=\x1cb\n", (("A", "\x1cb"),)),
    (b"a-b=c\n1D=e\n", (("a-b", "c"), ("1D", "e"))),
    (b"A=" + b"x" * 60_000, (("A", "x" * 60_000),)),
    (b"A=it's\n", (("A", "it's"),)),
    (b'A="a" and "b"\n', (("A", '"a" and "b"'),)),
    (b'A={"a": "b"}\n', (("A", '{"a": "b"}'),)),
    (b"A=b\\\nC=d\n", (("A", "b\\"), ("C", "d"))),
    (b"A=a,b=c\n", (("A", "a,b=c"),)),
    (b"A=b\rC=d\n", (("A", "b\rC=d"),)),
    (
        b'PREDICTIVE_UNIT_PARAMETERS=[{"name":"a","value":"1","type":"INT"}]\n',
        (("PREDICTIVE_UNIT_PARAMETERS", '[{"name":"a","value":"1","type":"INT"}]'),),
    ),
]


@dataclass(frozen=True)
class Warned:
    """A file of which something is said: ``ours`` and ``s2i`` are what each reads, ``said`` is part of the one warning.

    ``reason``: why the two differ; empty where they do not, and the warning says only what s2i does in silence.
    """

    data: bytes
    ours: Pairs
    s2i: Pairs
    said: str
    reason: str = ""


_QUOTES = "The wrapper finds no class of a name in quotes, and reads no number in quotes: nobody means them."
_EXPORT = "s2i makes a variable whose name has a space in it, which no program reads."
_COMMENT = "s2i makes a variable whose name begins with #, which nobody means."
_NAMELESS = "s2i writes an empty name, with which no image can be built."
_DOT = "A buildpack sets a variable by a file of its name, in which a dot ends the name."
_MARK = "s2i takes the mark of Windows' editors as part of the first name, or of the first line's comment sign."

WARNED = [
    Warned(
        b'MODEL_NAME="MyModel"\n',
        (("MODEL_NAME", "MyModel"),),
        (("MODEL_NAME", '"MyModel"'),),
        "line 1: the value of MODEL_NAME is in quotes",
        _QUOTES,
    ),
    Warned(
        b"\n\nA='b c'\n",
        (("A", "b c"),),
        (("A", "'b c'"),),
        "line 3: the value of A is in quotes",
        _QUOTES,
    ),
    Warned(
        b'A="[{\\"name\\":\\"x\\"}]"\n',
        (("A", '[{"name":"x"}]'),),
        (("A", '"[{\\"name\\":\\"x\\"}]"'),),
        "is in quotes",
        _QUOTES,
    ),
    Warned(b'A=""\n', (("A", ""),), (("A", '""'),), "is in quotes", _QUOTES),
    Warned(b'A="b\n', (("A", '"b'),), (("A", '"b'),), "a quote that is not closed"),
    Warned(b'A="\n', (("A", '"'),), (("A", '"'),), "a quote that is not closed"),
    Warned(
        b"export A=b\n",
        (("A", "b"),),
        (("export A", "b"),),
        "line 1: `export A=` is read as `A=`",
        _EXPORT,
    ),
    Warned(b"export\t A = b\n", (("A", "b"),), (("export\t A", "b"),), "`export A=`", _EXPORT),
    Warned(b"\xef\xbb\xbfA=b\n", (("A", "b"),), (("\ufeffA", "b"),), "byte order mark", _MARK),
    Warned(
        b"\xef\xbb\xbf# c=d\nA=b\n",
        (("A", "b"),),
        (("\ufeff# c", "d"), ("A", "b")),
        "byte order mark",
        _MARK,
    ),
    Warned(
        b"MODEL_NAME: MyModel\nA=b\n",
        (("A", "b"),),
        (("A", "b"),),
        "line 1: the line is skipped, because it has no `=`, but it looks like it should set MODEL_NAME",
    ),
    Warned(b"SERVICE_TYPE MODEL\n", (), (), "should set SERVICE_TYPE"),
    Warned(b"export MODEL_NAME\n", (), (), "should set MODEL_NAME"),
    Warned(b"=b\n", (), (), "there is no name before `=`"),
    Warned(b"  =b\n", (), (("", "b"),), "there is no name before `=`", _NAMELESS),
    Warned(b"  # A=b\n", (), (("# A", "b"),), "skipped as a comment", _COMMENT),
    Warned(
        b"A=1\nB=2\nA=3\n",
        (("B", "2"), ("A", "3")),
        (("B", "2"), ("A", "3")),
        "line 3: A is set again, and this line overrides line 1",
    ),
    Warned(b"my.var=1\n", (), (("my.var", "1"),), "a dot in its name", _DOT),
]

# Read by us without a word, though s2i loses it.
LOST_BY_S2I: list[tuple[bytes, Pairs, Pairs]] = [
    # Go's Scanner takes no line of more than 64 KB; s2i keeps what it has read until then, and says nothing (pkg/scripts/environment.go).
    (
        b"A=b\nB=" + b"x" * 70_000 + b"\nC=d\n",
        (("A", "b"), ("B", "x" * 70_000), ("C", "d")),
        (("A", "b"),),
    ),
]

# Files that end our build with an error, and what s2i makes of them: names that no program can read, and letters that are lost.
REFUSED: list[tuple[bytes, Pairs]] = [
    (b"A=b\nMODEL NAME=x\n", (("A", "b"), ("MODEL NAME", "x"))),
    (b"A=b\nset A=c\n", (("A", "b"), ("set A", "c"))),
    (b"A=b\n- A=b\n", (("A", "b"), ("- A", "b"))),
    (b'A=b\n"A"=b\n', (("A", "b"), ('"A"', "b"))),
    (b"A=b\nM\xc3\xb6=x\n", (("A", "b"), ("M\xf6", "x"))),
    (b"A=b\nC=caf\xe9\n", (("A", "b"), ("C", "caf\ufffd"))),
]
