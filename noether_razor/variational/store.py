"""The state of a fit in its run directory: a checkpoint, and the course of the bound."""

from __future__ import annotations

import time

from numpyro.infer.svi import SVIState

from noether_razor.base.checkpoints import load_checkpoint, read_metadata, save_checkpoint
from noether_razor.base.reports import Report
from noether_razor.base.runs import RunDirectory
from noether_razor.inference.fit import Progress
from noether_razor.variational.discover import reporter


class DirectoryStore:
    """The state of a fit in a run directory's checkpoint, and its course in `metrics.jsonl`."""

    def __init__(self, run: RunDirectory, report: Report):
        self.run, self.report = run, report
        self.began = time.perf_counter()
        kept = read_metadata(run.checkpoint) if run.checkpoint.exists() else {}
        self.phase: str | None = kept.get("phase")
        self.seconds_before: float = kept.get("seconds", 0.0)
        self.steps_before: int = kept.get("steps_before", 0)
        self._total: int = kept.get("total", 0)
        run.metrics.truncate_after(kept.get("total", 0))

    def reached(self, phase: str) -> bool:
        return self.phase == phase

    def load(self, phase: str, like: SVIState) -> tuple[int, SVIState] | None:
        if not self.reached(phase):
            return None
        state, metadata = load_checkpoint(self.run.checkpoint, like)
        return metadata["step"], state

    def save(self, phase: str, progress: Progress) -> None:
        if phase != self.phase:
            self.steps_before, self.phase = self._total, phase
        self._total = self.steps_before + progress.step
        self.run.metrics.append(self._total, phase=phase, elbo=progress.elbo)
        metadata = {
            "phase": phase,
            "step": progress.step,
            "steps_before": self.steps_before,
            "total": self._total,
            "seconds": self.seconds_before + time.perf_counter() - self.began,
        }
        save_checkpoint(self.run.checkpoint, progress.state, metadata)
        reporter(self.report)(phase, progress)
