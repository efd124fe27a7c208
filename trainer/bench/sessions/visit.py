"""What a visitor does, again and again with time to think: another user, another candidate, an edit of a history."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode

from trainer.bench.sessions.browser_session import BrowserSession, TimedAnswer

INSPECT, WHAT_IF = "", "explain-what-if"
AHEAD, AT_A_TIME, ASK_AFTER = 6, 4, 0.25
"""Candidates before and after the one on screen whose effects are asked for ahead of a choice, how many at once, and
seconds before the first: as the instrument does (`attention_chart.js`)."""
CANDIDATES = 0.25
"""Share of a visitor's choices on *Inspect* that are of another candidate."""


@dataclass
class Waits:
    """What all visitors together have seen, by what they did."""

    answers: dict[str, list[TimedAnswer]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, what: str, *answers: TimedAnswer) -> None:
        """One action: it took as long as all that was asked for it, in turn."""
        self.faults += [answer.fault for answer in answers if answer.fault and not answer.is_busy]
        whole = TimedAnswer(sum(answer.seconds for answer in answers), sum(answer.size for answer in answers))
        self.answers.setdefault(what, []).append(whole)


@dataclass
class Visit:
    """One visitor of one page."""

    session: BrowserSession
    users: Sequence[str]
    waits: Waits
    think: float
    """Mean seconds between an answer and the next choice; drawn between half and three halves of it."""
    random: random.Random
    _ahead: asyncio.Task[None] | None = None
    """What is asked for ahead of the next choice."""

    async def stay(self, until: float) -> None:
        """Load the page and choose until the clock of the event loop says so, then leave."""
        clock = asyncio.get_running_loop()
        await self._think()  # nobody comes at the same moment
        try:
            self.waits.add("first view", await self.session.open())
            while clock.time() < until:
                await self._think()
                self._stop_looking()
                await self._choose()
        except ValueError as error:
            self.waits.faults.append(f"{type(error).__name__}: {error}")
        finally:
            self._stop_looking()
            await self.session.close()

    def _stop_looking(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()

    async def _think(self) -> None:
        await asyncio.sleep(self.think * self.random.uniform(0.5, 1.5))

    async def _choose(self) -> None:
        if self.session.page == WHAT_IF:
            await self._edit()
        elif self.random.random() < CANDIDATES:
            await self._other_candidate()
        else:
            await self._other_user()

    async def _other_user(self) -> None:
        """The instrument asks for the user's scores and shows them, then for the effects; the page follows."""
        parameters = {"ask.want": "scores", "ask.pick": "user", "ask.id": self.random.choice(self.users)}
        scores, lines = await self.session.ask(parameters)
        if not lines:
            self.waits.add("another user", scores)
            return
        head, common = json.loads(lines[0]), json.loads(lines[1])
        link = common["cases"][head["place"]]["link"]
        models = parse_qs(self.session.query).get("models", [])
        there = f"{link}&{urlencode({'models': models}, doseq=True)}"
        effects, _ = await self.session.ask({"ask.want": "effects", "ask.places": str(head["place"])}, link=there)
        page = await self.session.report(there, head["revision"])
        self.waits.add("another user", scores, effects, page)
        self.waits.add("scores of another user", scores)
        self.waits.add("effects", effects)
        self._ahead = asyncio.create_task(self._look_ahead(there, models, head["place"], len(common["cases"])))

    async def _look_ahead(self, link: str, models: Sequence[str], place: int, cases: int) -> None:
        """Weights of all candidates under each model, then effects of those near, while the server has time for it."""
        await asyncio.sleep(ASK_AFTER)
        near = [one for one in range(cases) if 0 < abs(one - place) <= AHEAD]
        scene = link.partition("&models=")[0]
        asked = [(f"{scene}&{urlencode({'models': model})}", {"ask.want": "weights"}) for model in models]
        for first in range(0, len(near), AT_A_TIME):
            places = ",".join(str(one) for one in near[first : first + AT_A_TIME])
            asked.append((asked[0][0], {"ask.want": "effects", "ask.places": places}))
        for there, parameters in asked:
            answer, _ = await self.session.ask({**parameters, "ask.ahead": "1"}, link=there)
            self.waits.add("asked ahead", answer)
            if answer.is_busy:
                break

    async def _other_candidate(self) -> None:
        """The instrument has all cases: the page follows."""
        asked, lines = await self.session.ask({"ask.want": "scores"})
        if not lines:
            self.waits.add("another candidate", asked)
            return
        head, cases = json.loads(lines[0]), json.loads(lines[1])["cases"]
        link = self.random.choice(cases)["link"]
        models = parse_qs(self.session.query).get("models", [])
        page = await self.session.report(f"{link}&{urlencode({'models': models}, doseq=True)}", head["revision"])
        self.waits.add("another candidate", page)

    async def _edit(self) -> None:
        """Leave out the last two weeks, or undo that: the instrument has it done, then the page follows."""
        link = self.session.instrument.head["link"]
        actions = [["undo", -1, None]] if "edits=" in link else [["edit", "keep-until", two_weeks_before(link)]]
        done, lines = await self.session.ask(body={"link": link, "actions": actions})
        if not lines:
            self.waits.add("what-if edit", done)
            return
        head = json.loads(lines[0])
        page = await self.session.report(head["link"], head["revision"])
        self.waits.add("what-if edit", done, page)
        self.waits.add("scores of a what-if", done)


def two_weeks_before(link: str) -> str:
    """The last time that the edit keeps of the history."""
    at = datetime.fromisoformat(parse_qs(link)["at"][0])
    return (at - timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%SZ")
