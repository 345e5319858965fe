"""The bug clinic: each bug has its five parts, is really wrong, is named, and found."""

import contextlib
import inspect
import io
import re
import subprocess

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_symptoms import PAGES as SYMPTOMS

import kl_helpers as kl
from kl_helpers.exercises import bug_clinic
from tools import claims, generated, notebooks

(SOURCE,) = (s for s in notebooks.sources() if s.stem == "bug_clinic")
PARTS = ["**Symptom.**", "**Find it.**", "The fix", "**The test.**", "**Search.**"]
THREAD = re.compile(r"\]\(https://github\.com/[^)]+\)")
DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")
SEARCH = re.compile(r"^```bash\n(.*?)^```", re.DOTALL | re.MULTILINE)
# What the checker calls the code as it was found; for each bug a line of somebody's
# repository that its search must find, and the mended line that it must not.
BUGS = {
    1: (
        "in_nats",
        "approx_kl = (logp_old - logp).mean().item()",
        "approx_kl, error = mean_with_error(logp_old - logp)",
    ),
    2: (
        "absolute",
        "approx_kl = (logp_old - logp).abs().mean().item()",
        "approx_kl = ((ratio - 1) - log_ratio).mean()",
    ),
    3: (
        "full_model_in_the_log",
        'generation_kwargs = {"top_k": 50, "do_sample": True}',
        'generation_kwargs = {"top_k": 0, "top_p": 1.0, "temperature": 1.0}',
    ),
    4: (
        "probabilities_first",
        "loss_kd = F.kl_div(student, teacher, reduction='none')",
        "loss_kd = F.kl_div(student.log_softmax(1), teacher, reduction='none')",
    ),
    5: (
        "power_forgotten_once",
        "kl_divergence += p_ij * log((p_ij / (q_ij + EPSILON)) + EPSILON)",
        "kl_divergence = kl(p, kernel / kernel.sum())",
    ),
    6: (
        "log_target_missing",
        "kl_full = F.kl_div(ref_logprobs, logprobs, reduction='batchmean')",
        "kl = F.kl_div(ref_logprobs, logprobs, reduction='sum', log_target=True)",
    ),
    7: (
        "samples_for_probabilities",
        "out = nansum(p * torch.log2(p / q))",
        "out = rel_entr(p, q).sum()",
    ),
    8: (
        "batch_sum",
        "KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())",
        "KLD = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()",
    ),
    9: (
        "inverse_ratio",
        "approx_kl = (log_ratio.exp() - 1) - log_ratio",
        "approx_kl = log_w.expm1() - log_w",
    ),
    10: (
        "divided_by_classes",
        "kl_loss = total * (T * T) / outputs_kd.numel()",
        "kl_loss = F.kl_div(log_q, p, reduction='batchmean') * T**2",
    ),
    11: (
        "mean_of_both",
        "reconstruction = F.mse_loss(recon, x)",
        "reconstruction = F.mse_loss(recon, x, reduction='sum') / len(x)",
    ),
    12: (
        "rescaled_silently",
        "kl = entropy(p, q)",
        "kl = rel_entr(p, q).sum(-1)",
    ),
    13: (
        "clipped",
        "val, _ = quad(integrand, 1e-5, 1-1e-5)",
        "val, _ = quad(integrand, 0, 1)",
    ),
    14: (
        "drops_infinite",
        "mask = (p > 0) & (q > 0)",
        "mask = p > 0",
    ),
    15: (
        "swapped",
        "kl_div_loss = masked_kl_div(action_probs, old_action_probs)",
        "kl_div_loss = masked_kl_div(old_action_probs, action_probs)",
    ),
    16: (
        "variance_for_sigma",
        "z = mu + (noise * logvar.exp())",
        "z = mu + noise * (0.5 * logvar).exp()",
    ),
    17: (
        "no_t_squared",
        "loss = w * kl(student / T, teacher / T) + (1 - w) * hard",
        "loss = w * T**2 * kl(student / T, teacher / T) + (1 - w) * hard",
    ),
    18: (
        "teacher_moves",
        "teacher_logits = self.teacher(x)",
        "teacher_logits = self.teacher(x).detach()",
    ),
    19: (
        "all_actions",
        "ratio = new_probs / old_probs",
        "ratio = (new_logits.gather(1, action) - old_logits.gather(1, action)).exp()",
    ),
    20: (
        "k3_as_loss",
        "loss = policy_loss + beta * kl_loss",
        "loss = policy_loss + gamma * value_loss",
    ),
}
# More lines that a search must find, and more that it must not.
ALSO = {
    1: (
        [
            "old_approx_kl = (-logratio).mean()",
            "approx_kl = torch.mean(old_log_prob - log_prob)",
        ],
        ["approx_kl = ((ratio - 1) - logratio).mean()"],
    ),
    3: (
        [
            "self.top_k = 50",
            "top_p: float = 0.9",
            "out = generate(ids, do_sample=True, top_k=50, top_p=1.0)",
            "out = generate(ids, top_p=0.9, temperature=1.0)",
            "out = generate(ids, temperature=1.5)",
            'kwargs = {"temperature": 1.2}',
        ],
        ["config.top_p = 1.0", "generate(ids, top_k=0, top_p=1.0, temperature=1.0)"],
    ),
    4: (
        [
            "loss = F.kl_div(student_logits, teacher.softmax(1))",
            "loss = nn.KLDivLoss()(student.softmax(1), teacher)",
        ],
        [],
    ),
    6: (["F.kl_div(a.log_softmax(dim=-1), b.log_softmax(dim=-1))"], []),
    7: (["kl = np.abs(np.nansum(terms))"], []),
    8: (
        [
            "KLD = -0.5*torch.sum(1+logvar-mu.pow(2)-logvar.exp())",
            "kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum()",
            "kl = kl_divergence(q, p).sum()",
        ],
        ["KLD = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1).mean()"],
    ),
    9: (
        [
            "kld = ratio - kl - 1",
            "kl = torch.exp(logp - ref_logp) - (logp - ref_logp) - 1",
            "kl = torch.exp(ratio) - 1 - ratio",
            "approx_kl = ((ratio - 1) - logratio).mean()",
        ],
        ["kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1)"],
    ),
    10: (
        [
            "kl = F.kl_div(log_q, p, reduction='sum') / log_q.numel()",
            "kl = F.kl_div(log_q, p, reduction='none').mean(1)",
        ],
        ["kl = F.kl_div(log_q, p, reduction='sum')"],
    ),
    11: (
        [
            "r = F.mse_loss(recon, x, reduction='mean')",
            "r = nn.BCEWithLogitsLoss()(a, b)",
            "r_loss = 1000 * K.mean(K.square(y_true - y_pred), axis=[1, 2, 3])",
            "error = ((x - recon) ** 2).mean(axis=1)",
            "kl = -0.5 * K.mean(1 + z_log_var - K.square(z_mean))",
        ],
        ["kl = torch.mean(-0.5 * torch.sum(1 + log_var - mu ** 2 - log_var.exp(), 1))"],
    ),
    12: (
        ["p = p / p.sum()", "kl = entropy(p.ravel(), q.ravel())", "entropy(p, qk=q)"],
        [
            "loss = F.cross_entropy(logits, labels)",
            "h = entropy(p, axis=-1)",
            "return action, probs.entropy(), self.critic(x)",
        ],
    ),
    14: (
        ["q = np.clip(q, 1e-10, 1)", "y = K.clip(y_pred, K.epsilon(), 1)"],
        [
            "log_q = q.log_softmax(-1)",
            "ratio = torch.clamp(ratio, 1 - clip_eps, 1 + clip_eps)",
            "if seq_len > 0:",
        ],
    ),
    15: (
        [
            "kl = kl_divergence(Categorical(new), Categorical(old))",
            "kl = F.kl_div(old.log(), new)",
        ],
        [
            "kl = kl_divergence(old_dist, new_dist)",
            "kl = kl_divergence(Categorical(old), Categorical(new))",
        ],
    ),
    16: (
        ["std = torch.exp(logvar)", "z = z_mean + K.exp(z_log_std) * epsilon"],
        ["std = torch.exp(0.5 * logvar)", "std = torch.exp(logvar / 2)"],
    ),
    17: (
        ["p = teacher / args.temperature", "p = teacher / tau", "z = z / opt.kd_T"],
        ["loss = kl(s / self.tau, t / self.tau) * self.tau * self.tau"],
    ),
    18: (
        [
            "t_out = self.teacher_model(x)",
            "loss = kd(student(x), teacher(x))",
        ],
        [],
    ),
    19: (["ratio = torch.exp(logp - old_logp)"], ["train_ratio = 0.8"]),
    20: (
        [
            "policy_loss = policy_loss + kl_loss * self.config.kl_loss_coef",
            "loss = loss + args.beta * k3",
            'kl_loss_type = "low_var_kl"',
        ],
        [],
    ),
}
each_bug = pytest.mark.parametrize("number", BUGS)


def stored():
    return nbformat.read(notebooks.notebook_path(SOURCE), as_version=4)


def sections():
    """{number: cells of that bug}, from its heading to the next heading."""
    found, number = {}, None
    for cell in stored().cells:
        if cell.cell_type == "markdown":
            for piece in re.split(r"^(?=##)", cell.source, flags=re.MULTILINE):
                if heading := re.match(r"### (\d+)\. ", piece):
                    number = int(heading[1])
                elif piece.startswith("##"):
                    number = None
                if number and piece.strip():
                    prose = nbformat.v4.new_markdown_cell(piece)
                    found.setdefault(number, []).append(prose)
        elif number:
            found[number].append(cell)
    return found


SECTIONS = sections()


def question(number):
    return getattr(bug_clinic, f"q{number}")


def prose_of(number):
    return "\n\n".join(c.source for c in SECTIONS[number] if c.cell_type == "markdown")


def code_of(number):
    return [cell for cell in SECTIONS[number] if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def namespace():
    """Everything that the page defines; the stubs change nothing that is used later."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in notebooks.code_cells(stored()):
            exec(compile(cell.source, "bug_clinic", "exec"), names)
    return names


def test_there_are_at_least_fifteen_and_they_are_numbered():
    assert list(SECTIONS) == list(BUGS) == list(range(1, len(BUGS) + 1))
    assert len(BUGS) >= 15
    assert all(question(number).name == f"bug_clinic.q{number}" for number in BUGS)


@each_bug
def test_a_bug_has_its_five_parts_in_order(number):
    text = prose_of(number)
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places) and all(text.count(part) == 1 for part in PARTS)
    assert '<details class="fix">\n<summary>The fix</summary>' in text
    assert len(SEARCH.findall(text)) == 1


@each_bug
def test_the_symptom_names_its_thread_and_the_day(number):
    symptom = prose_of(number).split(PARTS[1])[0]
    assert THREAD.search(symptom) and DAY.search(symptom), symptom


@each_bug
def test_the_victim_saw_an_output_and_the_test_tells_both_apart(number):
    code, name = code_of(number), question(number).model.__name__
    found = [cell for cell in code if f"def {name}_as_found(" in cell.source]
    stub = next(i for i, cell in enumerate(code) if f".check({name})" in cell.source)
    assert len(found) == 1 and found[0] in code[:stub]
    assert any(cell.outputs for cell in code[:stub]), "show what the victim saw"
    assert "solution" in code[-2].metadata.get("tags", [])
    (printed,) = (output.text for output in code[-1].outputs)
    assert re.search(r"^as found: caught\. \S", printed, re.MULTILINE)
    assert re.search(r"^repaired: passes$", printed, re.MULTILINE)


@each_bug
def test_the_checker_names_what_was_found(number, namespace):
    model = question(number).model
    as_found = namespace[f"{model.__name__}_as_found"]
    given = [list(inspect.signature(f).parameters) for f in (as_found, model)]
    assert given[0] == given[1]
    result = question(number).check(as_found)
    assert (result.outcome, result.mistake) == ("wrong", BUGS[number][0]), result


@each_bug
def test_the_solution_runs_where_it_is_printed(number):
    """With the names that the page imports, and no other."""
    model, names = question(number).model, {"np": np, "torch": torch, "F": F, "kl": kl}
    exec(compile(inspect.getsource(model), model.__name__, "exec"), names)
    for case in question(number).cases:
        names[model.__name__](*case.arguments)


def lines_for_torch(number):
    """The code that a fix offers for PyTorch, or nothing."""
    found = re.findall(r"^```python\n(.*?)^```", prose_of(number), re.DOTALL | re.M)
    return found[0] if found else ""


FOR_TORCH = [4, 6, 8, 9, 10, 11, 15, 16, 17]


def test_no_line_for_torch_is_left_untried():
    assert [number for number in BUGS if lines_for_torch(number)] == FOR_TORCH


@pytest.mark.parametrize("number", FOR_TORCH)
def test_the_lines_for_torch_agree_and_can_be_trained(number):
    """The last line is the answer; its parameters are tensors that want a slope."""
    *steps, answer = lines_for_torch(number).splitlines()
    parameters = list(inspect.signature(question(number).model).parameters)
    for case in question(number).cases:
        tensors = [as_tensor(argument) for argument in case.arguments]
        names = {"torch": torch, "F": F, **dict(zip(parameters, tensors, strict=True))}
        exec("\n".join(steps), names)
        value = eval(answer, names)
        value.sum().backward()
        slopes = [x.grad for x in tensors if getattr(x, "requires_grad", False)]
        assert any(slope is not None for slope in slopes)
        assert all(slope is None or slope.isfinite().all() for slope in slopes)
        expected = question(number).model(*case.arguments)
        np.testing.assert_allclose(value.detach(), expected, rtol=1e-6)


def test_an_action_that_the_old_policy_never_takes_counts_nothing():
    old = torch.tensor([[0.5, 0.5, 0.0]])
    new = torch.tensor([[0.4, 0.4, 0.2]], requires_grad=True)
    value = eval(lines_for_torch(15), {"torch": torch, "F": F, "old": old, "new": new})
    value.backward()
    assert (
        value.item() == pytest.approx(np.log(0.5 / 0.4)) and new.grad.isfinite().all()
    )


def as_tensor(argument):
    """Numbers with a fraction want a slope; classes and settings do not."""
    if not isinstance(argument, np.ndarray):
        return argument
    return torch.tensor(argument, requires_grad=argument.dtype.kind == "f")


def test_the_repair_of_twelve_knows_a_zero_and_a_minus():
    zero = bug_clinic.q12.model(np.array([[0.5, 0.5, 0]]), np.array([[0.4, 0.4, 0.2]]))
    assert zero == pytest.approx(np.log(0.5 / 0.4))
    minus = bug_clinic.q12.model(np.array([[-0.2, 1.2]]), np.array([[0.5, 0.5]]))
    assert np.isnan(minus)


def test_the_search_for_teachers_shows_the_guard_above(tmp_path):
    (command,) = SEARCH.findall(prose_of(18))
    code = "with torch.no_grad():\n    logits = teacher(x)\n"
    (tmp_path / "guarded.py").write_text(code)
    run = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=20
    )
    assert "no_grad" in run.stdout and "teacher(x)" in run.stdout


@each_bug
def test_the_search_finds_the_bug_and_not_its_repair(number, tmp_path):
    (command,) = SEARCH.findall(prose_of(number))
    _, wrong, right = BUGS[number]
    more_wrong, more_right = ALSO.get(number, ([], []))
    lines = {f"wrong{i}": line for i, line in enumerate([wrong, *more_wrong])}
    wanted = [f"./{name}.py" for name in lines]
    lines |= {f"right{i}": line for i, line in enumerate([right, *more_right])}
    for name, line in lines.items():
        (tmp_path / f"{name}.py").write_text(f"{line}\n")
    run = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=20
    )
    missed = [path for path in wanted if path not in run.stdout]
    assert not missed and "./right" not in run.stdout, run.stdout + run.stderr
    assert not run.stderr


def test_the_table_at_the_top_leads_to_every_bug():
    top = stored().cells[0].source
    headings = re.findall(r"^### (.+)$", "\n".join(map(prose_of, BUGS)), re.MULTILINE)
    for heading in headings:
        assert f"](#{claims.slug(heading)})" in top, heading


def test_it_leads_to_every_symptom_page():
    text = "\n".join(c.source for c in stored().cells if c.cell_type == "markdown")
    assert [name for name in SYMPTOMS if f"(symptom_{name}.ipynb)" not in text] == []


def test_the_habits_name_every_bug_once():
    habits = stored().cells[-1].source.split("## Four habits")[1]
    listed = [int(n) for n in re.findall(r"\b(\d+)[,.](?=\s)", habits)]
    assert sorted(listed) == list(BUGS)


def test_front_matter_is_whole():
    matter = generated.front_matter("notebooks/bug_clinic")
    assert matter["runs"] == "local" and set(matter["minutes"]) == {"read", "exercises"}
    assert len(matter["description"]) <= 155 and "KL" in matter["description"]
