"""CSV files as people, pandas and spreadsheets write them."""

import codecs
import csv

import numpy as np
import pytest

from detsim.files.atomic import FileError
from detsim.files.csv_table import apart, read_columns

CHOICES = (("low", "high", "counts"), ("low", "high", "counts", "variance"))
WANTED = [[0.25, 0.3, 410], [0.3, 0.35, 380]]
PLAIN = "low,high,counts\n0.25,0.3,410\n0.3,0.35,380\n"
COMMENTS = "# next\x85line,\x0cfeed\n#\u2028separator\n  # indented\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.removesuffix("\n"),
        COMMENTS + PLAIN.replace("0.3,0.35", "# between\n\n0.3,0.35"),
        '"low","high","counts"\n"0.25","0.3","410"\n"0.3","0.35","380"\n',
        ' low , "high" , counts\n 0.25 , "0.3", 410\n+0.3,3.5E-1,380.\n',
        ",low,high,counts\n0,0.25,0.3,410\n1,0.3,0.35,380\n",
        "Unnamed: 0,low,high,counts\n0,0.25,0.3,410\n1,0.3,0.35,380\n",
        "low;high;counts\n0,25;0,3;410\n0,3;0,35;380\n",
        ";low;high;counts\r\n0;0,25;0,3;410\r\n1;0,3;0,35;380\r\n",
        "low;high;counts\n0.25;0.3;410\n0.3;0.35;380\n",
        "sep=;\nlow;high;counts\n0,25;0,3;410\n0,3;0,35;380\n",
        "low\thigh\tcounts\n0.25\t0.3\t410\n0.3\t0.35\t380\n",
        "low  high counts\n 0.25 0.3   410\n0.3 0.35 380\n",
        '"# by hand, in 1999",,\nlow,high,counts,,\n0.25,0.3,410,,\n,,,,\n0.3,0.35,380,,\n',
        "low,high,counts\n\x0c\n0.25,0.3,410\n0.3,0.35,380\n",
        PLAIN.replace("low,high,counts", "Low,High,Counts"),
        "LOW;HIGH;COUNTS\n0,25;0,3;410\n0,3;0,35;380\n",
        ",low,High,COUNTS\n0,0.25,0.3,410\n1,0.3,0.35,380\n",
    ],
)
def test_one_table_in_many_forms(tmp_path, text):
    """Twin: the numbers are the same for each program that wrote the file."""
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    table = read_columns(path, *CHOICES)
    assert table.names == CHOICES[0]
    assert table.values.tolist() == WANTED


def test_floats_come_back_to_the_bit(tmp_path):
    """Contract: what numpy and the csv module write in full precision is read as it was."""
    rng = np.random.default_rng(3)
    values = np.sort(rng.uniform(size=(20, 3)), axis=None).reshape(20, 3)
    np.savetxt(tmp_path / "n.csv", values, delimiter=",", header="low,high,counts", comments="")
    for number, form in enumerate([{}, {"delimiter": ";"}, {"quoting": csv.QUOTE_ALL}]):
        with (tmp_path / f"{number}.csv").open("w", newline="") as stream:
            csv.writer(stream, **form).writerows([CHOICES[0], *values.tolist()])
    for name in ("n.csv", "0.csv", "1.csv", "2.csv"):
        assert read_columns(tmp_path / name, *CHOICES).values.tolist() == values.tolist()


def test_comments_in_another_encoding(tmp_path):
    """Contract: comments may have any bytes; everything else has to be UTF-8."""
    path = tmp_path / "x.csv"
    path.write_bytes("# Zähler in µs\n".encode("cp1252") + PLAIN.encode())
    assert read_columns(path, *CHOICES).values.tolist() == WANTED
    path.write_bytes(b"low,high,counts\n0.25,0.3,\xb5\n")
    with pytest.raises(FileError, match="line 2: holds the byte 0xb5, not UTF-8"):
        read_columns(path, *CHOICES)
    for content in (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), PLAIN.encode("utf-16-be"), b"a\0b"):
        path.write_bytes(content)
        with pytest.raises(FileError, match="is not a text file in UTF-8"):
            read_columns(path, *CHOICES)


HEAD = "low,high,counts\n"
SEMI = "low;high;counts\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"has no line; it must begin with low,high,counts\[,variance\]"),
        ("# low,high,counts\n", "has no line"),
        (
            "# low,high,counts\n0.25,0.3,410\n",
            r"line 2: must name the columns low,high,counts.*got '0.25,0.3",
        ),
        ("high,low,counts\n", "line 1: must name the columns"),
        ("low,high,counts,error\n", "line 1: must name the columns"),
        (HEAD + "0.25,0.3\n", "line 2: must have 3 columns, got 2"),
        (HEAD + "0.25,0.3,410,7\n", "line 2: must have 3 columns, got 4"),
        (
            HEAD + '0.25,0.3,"1,107"\n',
            r"line 2: counts must be a number, got '1,107' .no separators of thous",
        ),
        (HEAD + "0.25,0.3,\n", "line 2: counts must be a number, got ''"),
        (HEAD + "0.25,0.3,1_000\n", "line 2: counts must be a number, got '1_000'"),
        (HEAD + "0.25,0.3,٤\n", "line 2: counts must be a number"),
        (HEAD + "0.25,0.3,0x10\n", "line 2: counts must be a number"),
        (HEAD + "0.25,0.3,NaN\n", "line 2: counts must be finite, got NaN"),
        (HEAD + "0.25,0.3,1e999\n", "line 2: counts must be finite, got 1e999"),
        (HEAD + "\n# c\r\n\r0.25,0.3,x\n", "line 5: counts must be a number, got 'x'"),
        (SEMI + "0,25;0,3;1.107\n", "line 2: '1.107' and '0,25' cannot both have decimals"),
        (SEMI + "250;300;1.107\n", "line 2: '1.107' may be 1107 or 1.107: write no separators"),
        (SEMI + "250;300;1,107\n", r"line 2: '1,107' may be 1107 or 1\.107: write no separators"),
    ],
)
def test_wrong_tables(tmp_path, text, message):
    """Contract: a wrong or ambiguous number is an error with its line."""
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    with pytest.raises(FileError, match=message):
        read_columns(path, *CHOICES)


def test_names_in_other_case(tmp_path):
    """Contract: names of columns may differ in case if only one matches; the same case comes first."""
    path = tmp_path / "x.csv"
    path.write_text("L_LOW,l_high,Low,HIGH,counts,Variance\n0,1,2,3,4,5\n")
    names = ("L_low", "L_high", "low", "high", "counts", "variance")
    assert read_columns(path, names[2:5], names).names == names
    path.write_text("X,y\n1,2\n")
    assert read_columns(path, ("x", "y"), ("X", "y")).names == ("X", "y")
    path.write_text("X,Y\n1,2\n")
    with pytest.raises(FileError, match="line 1: must name the columns x,y or X,y, got 'X,Y'"):
        read_columns(path, ("x", "y"), ("X", "y"))
    path.write_text("low,low,counts\n1,2,3\n")
    with pytest.raises(FileError, match="line 1: must name the columns"):
        read_columns(path, *CHOICES)


@pytest.mark.parametrize(("a", "b"), [(0.35, 0.35000000000000003), (1, 2), (1e-9, 1.0000001e-9), (0.3, 0.3)])
def test_numbers_apart(a, b):
    """Property: different numbers are written differently."""
    first, second = apart(a, b)
    assert (first == second) == (a == b)
    assert float(first) == pytest.approx(a, rel=1e-5)
