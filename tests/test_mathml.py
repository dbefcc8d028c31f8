"""Formulas in MathML: every part of one, what is no formula, and names that are hostile."""

import re
from html import unescape
from xml.etree import ElementTree

import pytest

from noether_razor.describe.mathml import formula_html, name_mathml
from noether_razor.describe.page import page


def typeset(text):
    """The MathML of a formula, without grouping elements and without attributes."""
    found = formula_html(text)
    assert unescape(re.match(r'<span class="formula" title="([^"]*)">', found)[1]) == text
    ElementTree.fromstring(found.replace("<wbr>", ""))  # every element is closed
    inner = found.partition(">")[2].removesuffix("</span>")
    return re.sub(
        r"</?(math|mrow|wbr)>|</?span>( <span>)?",
        "",
        re.sub(r'(<\w+)( \w+="[^"]*")+', r"\1", inner),
    )


def times(*factors):
    return "<mo>\u2062</mo>".join(factors)


q1, p2 = "<msub><mi>q</mi><mn>1</mn></msub>", "<msub><mi>p</mi><mn>2</mn></msub>"
q, p, minus, two = "<mi>q</mi>", "<mi>p</mi>", "<mo>−</mo>", "<mn>2</mn>"
squared = f"<msup>{q}{two}</msup>"
of_q = f"<mo>\u2061</mo><mo>(</mo>{q}<mo>)</mo>"
dots = "<mo>+</mo><mo>⋯</mo>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("q1*p2 - q", f"{times(q1, p2)}{minus}{q}"),
        ("q**2/2", f"<mfrac>{squared}{two}</mfrac>"),
        ("q1**2", f"<msubsup><mi>q</mi><mn>1</mn>{two}</msubsup>"),
        ("-p/2", f"{minus}<mfrac>{p}{two}</mfrac>"),
        ("q + -p", f"{q}<mo>+</mo><mo>(</mo>{minus}{p}<mo>)</mo>"),
        ("q - (p + 2)", f"{q}{minus}<mo>(</mo>{p}<mo>+</mo>{two}<mo>)</mo>"),
        ("(q + p)*q", times(f"<mo>(</mo>{q}<mo>+</mo>{p}<mo>)</mo>", q)),
        ("(-q)**2", f"<msup><mo>(</mo>{minus}{q}<mo>)</mo>{two}</msup>"),
        ("q**-1", f"<msup>{q}{minus}<mn>1</mn></msup>"),
        ("2*2**q", f"{two}<mo>·</mo><msup>{two}{q}</msup>"),
        ("0.500*q", times("<mn>0.500</mn>", q)),
        ("1.5e-06*q", times("<mn>1.5</mn><mo>×</mo><msup><mn>10</mn><mn>−6</mn></msup>", q)),
        ("speed*q", f"<mi>speed</mi><mo>·</mo>{q}"),
        ("theta*2", f"<mi>θ</mi><mo>·</mo>{two}"),
        ("sqrt(q)", f"<msqrt>{q}</msqrt>"),
        ("exp(-q)", f"<msup><mi>e</mi>{minus}{q}</msup>"),
        ("Abs(q)", f"<mo>|</mo>{q}<mo>|</mo>"),
        ("sin(q)", f"<mi>sin</mi>{of_q}"),
        ("2*sin(q)", f"{two}<mo>\u2062</mo><mspace/><mi>sin</mi>{of_q}"),
        ("cos(q)**2", f"<msup><mi>cos</mi>{two}</msup>{of_q}"),
        ("q' = p, p' = -q", f"<msup>{q}<mo>′</mo></msup><mo>=</mo>{p}<mo>,</mo>"
         f"<msup>{p}<mo>′</mo></msup><mo>=</mo>{minus}{q}"),
        ("q + p*sin(th ...", f"{q}{dots}"),
        ("q + ... (15 terms)", f"{q}{dots}<mspace/><mtext>(15 terms)</mtext>"),
        ("(q - 4)*p", times(f"<mo>(</mo>{q}{minus}<mn>4</mn><mo>)</mo>", p)),
    ],
)  # fmt: skip
def test_a_formula(text, expected):
    assert typeset(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("q1", q1),
        ("p_x", "<msub><mi>p</mi><mi>x</mi></msub>"),
        ("px", "<msub><mi>p</mi><mi>x</mi></msub>"),
        ("q1x", "<msub><mi>q</mi><mn>1x</mn></msub>"),
        ("q1_2", "<msub><mi>q</mi><mn>1,2</mn></msub>"),
        ("p_theta1", "<msub><mi>p</mi><msub><mi>θ</mi><mn>1</mn></msub></msub>"),
        ("Omega", "<mi>Ω</mi>"),
        ("lambda", "<mi>λ</mi>"),
        ("angle", "<mi>angle</mi>"),
        ("<b>", "<mi>&lt;b&gt;</mi>"),
    ],
)
def test_a_name(name, expected):
    assert name_mathml(name) == expected


@pytest.mark.parametrize(
    "text",
    ["amsmath", "data.npz", "f(q)", "q.p", "q[0]", "q if p else 2", "'<b>'", "True", "2j", "q, p",
     "__import__('os')", "sin(q, p)", "a b", "", "-" * 900 + "q", "q1*p ...", "x" * 2000,
     "sin(**q)", "q < p"],
)  # fmt: skip
def test_what_is_no_formula(text):
    assert formula_html(text) == ""


def test_lines_break_between_terms():
    assert formula_html("q1*p2 - q + 2").count("<wbr>") == 2
    assert formula_html("q*p").count("<wbr>") == 0


HOSTILE = '"><script>alert(1)</script>'


def test_a_page_with_hostile_names(tmp_path):
    text = f"# A *title*\n\n`q1*p2` and `{HOSTILE}` and `q + {HOSTILE} ...`\n\n```\n`q1`\n```\n"
    found = page(text, tmp_path)
    assert found.count("<math>") == 3 and "<script" not in found
    assert f"<code>{'&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;'}</code>" in found
    assert "<pre><code>`q1`\n</code></pre>" in found
    assert not re.search(r"""(src|href)\s*=\s*["']?\s*(https?:)?//""", found)
