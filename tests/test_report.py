"""What is kept of a discovery, and what is said about it."""

import base64
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from noether_razor.discovery.report import disagreements, report, verdict, write_report
from noether_razor.discovery.result import VERSION, Discovery
from noether_razor.discovery.signs import signs
from noether_razor.errors import InputError
from tests.sample_discovery import SYSTEM, direction, sample


def zero(changes):
    m = 2 * SYSTEM.degrees_of_freedom
    return direction(np.zeros((m, m)), np.ones(m), **changes)


def test_json_round_trip():
    found = sample(undetermined=1)
    text = found.to_json()
    back = Discovery.from_json(text)
    assert back.to_json() == text
    assert back.quantities[0].expression == "p1x + p2x + p3x"
    np.testing.assert_array_equal(back.candidates[8].A, found.candidates[8].A)
    assert back.names == SYSTEM.coordinate_names and back.seed == 3


def test_json_holds_what_is_promised():
    document = json.loads(sample().to_json())
    assert document["version"] == VERSION == "noether_razor.discovery/1"
    promised = "rank singular_values quantities elbo nll kl test_mse seed seconds versions"
    assert set(promised.split()) <= set(document)
    promised = "expression A b singular_value drift bracket kind residual"
    assert all(set(promised.split()) <= set(quantity) for quantity in document["quantities"])
    assert np.shape(document["quantities"][0]["A"]) == (12, 12)


def test_numbers_that_are_not_finite_are_null_and_come_back_as_nan():
    text = sample(test_mse=math.nan, elbo=-math.inf).to_json()
    assert "NaN" not in text and "Infinity" not in text
    back = Discovery.from_json(text)
    assert math.isnan(back.test_mse) and math.isnan(back.elbo)
    assert Discovery.from_json(sample(seed=None).to_json()).seed is None


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"version": "noether_razor.discovery/2"}', json.dumps({"version": VERSION})],
)
def test_another_file_is_one_line(text):
    with pytest.raises(InputError, match=r"discovery\.json") as caught:
        Discovery.from_json(text)
    assert "\n" not in str(caught.value)


def test_a_file_of_before_kinds_and_residuals_is_read():
    found = sample()
    text = found.to_json()
    old = re.sub(r',\n   "(kind|residual)": [^,\n]*', "", text)
    assert "residual" in text and "residual" not in old
    (quantity, *_) = Discovery.from_json(old).quantities
    assert quantity.kind == "" and math.isnan(quantity.residual)
    assert "nan" not in report(Discovery.from_json(old))


def test_a_quantity_is_an_expression_of_sympy_and_latex():
    found = Discovery.from_json(sample().to_json())
    quantity = found.quantities[2]
    assert str(quantity.sympy(found.names)) == "(p1x + p2x + p3x)**2" == quantity.expression
    assert quantity.latex(found.names) == r"\left(p_{1x} + p_{2x} + p_{3x}\right)^{2}"


def test_the_report_has_the_quantities_in_latex():
    text = report(sample())
    (block,) = re.findall(r"```latex\n(.*?)\n```", text, flags=re.S)
    first, *rows, last = block.splitlines()
    assert (first, last) == (r"\begin{align*}", r"\end{align*}") and len(rows) == 7
    assert rows[0] == r"C_{1} &= p_{1x} + p_{2x} + p_{3x} \\" and not rows[-1].endswith("\\")
    assert block.count("{") == block.count("}")
    assert "latex" not in report(sample(quantities=[]))


def test_the_table_names_every_quantity():
    text = str(sample(undetermined=2))
    assert text.startswith("7 conserved, 5 rejected, 2 undetermined")
    assert "(p1x + p2x + p3x)*(p1y + p2y + p3y)" in text


def test_the_verdict_is_two_sentences():
    assert verdict(sample(undetermined=1)) == (
        "Seven linearly independent quantities are conserved. "
        "The model rejected five other directions and left one undetermined."
    )
    none = sample(rank=0, quantities=[], candidates=sample().candidates[7:])
    assert verdict(none) == (
        "No quadratic quantity is found to be conserved. The model rejected five directions "
        "and left none undetermined."
    )
    one = sample(rank=1, quantities=sample().quantities[:1], candidates=sample().candidates[:1])
    assert verdict(one).startswith("One quantity is conserved: `p1x + p2x + p3x`. ")
    assert verdict(one).endswith("so there may be more: raise `candidates`.")
    assert verdict(sample(candidates=[], quantities=[], rank=0)).startswith("No candidate")


def test_brackets_are_told_from_what_was_learned():
    learned = sample()
    assert "racket of" not in report(learned) and "brackets" not in str(learned)
    candidates = [replace(d, derived=k in (5, 6)) for k, d in enumerate(learned.candidates)]
    found = sample(candidates=candidates)
    assert verdict(found).startswith(
        "Seven linearly independent quantities are conserved, two of them brackets of the others. "
    )
    assert report(found).count("**conserved** (bracket)") == 2
    assert "Poisson's theorem" in report(found)
    assert str(found).startswith("7 conserved (2 of them brackets of others), 5 rejected")
    again = Discovery.from_json(found.to_json())
    assert again.derived == 2
    old = found.to_json().replace(',\n   "derived": true', "").replace(',\n   "derived": false', "")
    assert "derived" not in old and Discovery.from_json(old).derived == 0


def test_each_sign_is_read_by_itself():
    conserved, rejected = zero({"verdict": "conserved"}), zero({"verdict": "rejected"})
    assert list(signs(conserved).values()) == ["unclear", "conserved", "conserved"]
    assert set(signs(rejected).values()) == {"not conserved"}
    noisy = zero({"verdict": "conserved", "drift_low": 0.02, "drift_high": 0.06})
    assert signs(noisy)["certificate"] == "unclear"
    silent = {"drift": math.nan, "drift_low": math.nan, "drift_high": math.nan}
    assert signs(zero({"verdict": "undetermined"} | silent))["certificate"] == "unclear"
    # A cost within its own error is no evidence.
    assert signs(zero({"verdict": "conserved", "price": -3, "price_error": 2}))["price"] != (
        "not conserved"
    )
    # And no price speaks for a direction: opposite moves can cancel.
    small = zero({"verdict": "rejected", "price": 0.03, "price_error": 0.001})
    assert signs(small)["price"] == "unclear"


def test_disagreement_is_loud():
    assert disagreements(sample()) == []
    assert "## Do the signs agree?\n\nYes" in report(sample())
    planted = zero({"verdict": "rejected", "baseline_eigenvalue": 1e-4})
    costly = zero({"verdict": "conserved", "price": -8.0, "drift_low": 0.3, "drift_high": 0.4})
    found = sample(candidates=[*sample().candidates, planted, costly])
    first, second = disagreements(found)
    assert "candidate 13 is **rejected**" in first and "eigenvalue 0.0001" in first
    assert "the price (-8 nats a transition) and the certificate" in second
    assert "## THE SIGNS DISAGREE on two candidates" in report(found)


def test_the_report_has_everything_and_every_table_is_whole(tmp_path):
    silent = dict.fromkeys(["price", "price_error", "drift", "drift_low", "drift_high"], math.nan)
    found = sample(undetermined=1)
    found = sample(candidates=[*found.candidates[:-1], zero({"verdict": "undetermined"} | silent)])
    path = write_report(found, tmp_path, ["candidates.png"], "noether-razor x")
    assert path == tmp_path / "report.md"
    text = path.read_text()
    for expected in (
        "# What is conserved\n\nSeven",
        "| 3 | `(p1x + p2x + p3x)**2` | square of a momentum | 0.3 | 1e-08 | 0.01 | 0.002 |",
        "| bound (ELBO) | 4.1 |",
        "| source | three_body.npz |",
        "![candidates](candidates.png)",
        "```\nnoether-razor x\n```",
        "seed 3",
        "| jax | 0.10.1 |",
    ):
        assert expected in text
    for table in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.M):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    assert "nan" not in text


def test_a_model_without_candidates_is_reported_too():
    text = report(sample(candidates=[], quantities=[], rank=0, singular_values=[], seed=None))
    assert "## All candidates" not in text and "your own key" in text and "ELBO" in text


def test_the_page_needs_nothing_beside_it(tmp_path):
    image = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    (tmp_path / "candidates.png").write_bytes(image)
    found = sample(data=sample().data | {"source": "<script>alert(1)</script>.npz"})
    write_report(found, tmp_path, ["candidates.png", "lost.png"])
    text = (tmp_path / "report.html").read_text()
    seen = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            seen.append((tag, dict(attributes)))

    Reader().feed(text)
    images = [attributes for tag, attributes in seen if tag == "img"]
    assert [one["alt"] for one in images] == ["candidates"]
    assert images[0]["src"] == f"data:image/png;base64,{base64.b64encode(image).decode()}"
    assert not [
        tag for tag, attributes in seen if "href" in attributes or tag in ("script", "link")
    ]
    assert sum(tag == "table" for tag, _ in seen) >= 4
    assert "<title>What is conserved</title>" in text
