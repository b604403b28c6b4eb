"""The steps: whatever may happen to a data directory, in any order, with real commands over real files."""

import shutil
import sys
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.model.answers import KINDS, document
from tests.model.commands import Commands
from tests.model.damage import TARGETS, harm
from tests.model.task_rows import batch
from tests.model.world import World

MOST_OPEN = 15
"""So many ids at most are in trouble at a time: twenty in a row would stop a run."""

MOST_FORBIDDEN = 4
"""Five first answers of 403 would stop it too."""

seeds = st.integers(0, 2**32 - 1)
kills = st.fixed_dictionaries({"kill_at": st.integers(1, 80)}) | st.fixed_dictionaries(
    {"kill_after": st.floats(0.02, 1.6)}
)


class Machine(RuleBasedStateMachine):
    """One data directory from its first step to its last."""

    def __init__(self, folder: Path, commands: Commands, token: str) -> None:
        super().__init__()
        shutil.rmtree(folder / "data", ignore_errors=True)
        self.world = World(folder / "data", commands, token)
        self.batches = 0

    def _batch(self, seed: int) -> Any:
        self.batches += 1
        made = batch(Random(seed), self.batches, sorted(self.world.tasks))
        for place, row in enumerate(made.rows):
            self.world.answers.setdefault(row.task_id, [document(seed + place)])
        return made

    @rule(seed=seeds)
    def register(self, seed: int) -> None:
        self.world.add(self._batch(seed))

    @initialize(seed=seeds)
    def begin(self, seed: int) -> None:
        self.world.add(self._batch(seed))

    @rule(seed=seeds)
    def drop_in_the_inbox(self, seed: int) -> None:
        self.world.drop(self._batch(seed))

    @rule(seed=seeds, kind=st.sampled_from(sorted(KINDS)))
    def answer_otherwise(self, seed: int, kind: str) -> None:
        """Some ids get other answers from now on."""
        dice, answers = Random(seed), self.world.answers
        for task_id in dice.sample(sorted(answers), min(len(answers), dice.randrange(1, 6))):
            answers[task_id] = KINDS[kind](dice)
        self._keep_from_stopping()

    def _keep_from_stopping(self) -> None:
        answers = self.world.answers
        is_open = [task_id for task_id, some in answers.items() if some[-1].is_tried_again]
        forbidden = [task_id for task_id, some in answers.items() if some[-1].status == 403]
        for task_id in [*is_open[MOST_OPEN:], *forbidden[MOST_FORBIDDEN:]]:
            answers[task_id] = [document(len(task_id))]

    @rule()
    def heal(self) -> None:
        """The API is well again for everybody."""
        self.world.to_all = None
        for place, (task_id, some) in enumerate(self.world.answers.items()):
            if some[-1].result != "usable":
                self.world.answers[task_id] = [document(place)]

    @rule(status=st.sampled_from([401, 503, None, None]))
    def say_the_same_to_all(self, status: int | None) -> None:
        self.world.to_all = status

    @rule(hours=st.sampled_from([24.0, 0.0, 48.0]), minutes=st.sampled_from([30.0, 0.0]))
    def change_settings(self, hours: float, minutes: float) -> None:
        self.world.settle_hours, self.world.gap_minutes = hours, minutes

    @rule(seed=seeds, what=st.sampled_from(sorted(TARGETS)))
    def damage(self, seed: int, what: str) -> None:
        dice, (choose, kinds) = Random(seed), TARGETS[what]
        path = choose(self.world.data, dice)
        if path and path.exists():
            if what == "a file of raw answers":
                self.world.forget(path)
            harm(path, dice.choice(kinds), dice)
            self.world.is_damaged = True
            self.world.is_published_damaged |= what == "the published warehouse"

    @rule(retry_failed=st.booleans())
    def sync(self, retry_failed: bool) -> None:
        self.world.sync(retry_failed=retry_failed)

    @rule()
    def sync_twice(self) -> None:
        self.world.sync()
        self.world.sync()

    @precondition(lambda self: self.world.tasks)
    @rule(seed=seeds)
    def sync_a_day(self, seed: int) -> None:
        days = sorted({row["call_date"] for row in self.world.expected().tasks})
        self.world.sync(day=Random(seed).choice(days))

    @rule(kill=kills)
    def kill_a_sync(self, kill: dict[str, Any]) -> None:
        self.world.sync(**kill)

    @rule(kill=kills)
    def kill_a_rebuild(self, kill: dict[str, Any]) -> None:
        self.world.rebuild(**kill)

    @rule(seed=seeds, kill_at=st.integers(1, 8))
    def kill_a_registration(self, seed: int, kill_at: int) -> None:
        self.world.add(self._batch(seed), kill_at=kill_at)

    @rule()
    def rebuild(self) -> None:
        self.world.rebuild()

    def teardown(self) -> None:
        """In the end, whatever came before: one undisturbed run, and everything is there."""
        if sys.exc_info()[0] is not None:
            return
        self.world.to_all = None
        self.world.rebuild()
        self.world.sync()
        self.world.check()
