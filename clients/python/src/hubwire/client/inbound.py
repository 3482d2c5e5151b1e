"""Handles the actions that a node sends."""

from __future__ import annotations

from typing import Any, Callable

from ..address import stream_of
from ..codec import Action, hub_of, payload_of
from ..errors import HubError
from ..events import Bye, Contact, Gap, Invited, Publication, ReadMark
from ..position import Position
from . import calls
from .channels import Channels
from .core import Core
from .router import INBOX


class Inbound:
    """One method per type of the protocol; all other actions are publications."""

    def __init__(self, core: Core, channels: Channels) -> None:
        self._core = core
        self._channels = channels
        self.retry_in_ms: Any = None
        self._kinds: dict[str, Callable[[Action], None]] = {
            "@@hub/ack": self._ack,
            "@@hub/error": self._error,
            "@@hub/resumed": self._resumed,
            "@@hub/joined": self._joined,
            "@@hub/left": self._left,
            "@@hub/changed": self._others,
            "@@hub/lag": self._lag,
            "@@hub/bye": self._bye,
            "@@hub/orgs": self._orgs,
            "@@hub/rpc": self._asked,
            "@@hub/contact": self._contact,
            "@@hub/read": self._read,
        }

    def take(self, action: Action) -> None:
        """Handles one action."""
        kind = action["type"]
        handle = self._kinds.get(kind)
        if handle is not None:
            handle(action)
        elif "pos" in hub_of(action):
            self._publication(action)  # a publication with a reserved type, such as an invitation
        elif kind.startswith("@@hub/"):
            if "re" in hub_of(action):
                self._core.link and self._core.link.answered(action)
            else:
                self._core.emitter.emit(kind, action)
        else:
            self._publication(action)

    def _ack(self, action: Action) -> None:
        id, payload = hub_of(action).get("re"), payload_of(action)
        core = self._core
        entry = core.sender.outbox.get(id)
        if entry is None:
            core.streams.own_copy_at(Position.parse(payload.get("own_pos")))
            core.link and core.link.answered(action)
            return
        if entry.to.startswith("user:"):
            # a message to oneself has only one position, and is not sent to the sending session either
            own = "pos" if entry.to == core.own_stream else "own_pos"
            core.streams.own_copy_at(Position.parse(payload.get(own)))
        core.sender.acked(entry.id, payload)

    def _error(self, action: Action) -> None:
        id, payload = hub_of(action).get("re"), payload_of(action)
        error = HubError.told(payload, id if isinstance(id, str) else None)
        known = isinstance(id, str) and self._core.sender.refused(id, error)
        # the frame was refused as a whole: its other actions were not executed either
        for other in payload.get("not_done") or ():
            if isinstance(other, str) and other != id:
                self._core.sender.repeat(other)
        if not known and not (self._core.link and self._core.link.answered(action)):
            self._core.tell_error(error)

    def _resumed(self, action: Action) -> None:
        payload, stream = payload_of(action), hub_of(action).get("to")
        if not isinstance(stream, str):
            return
        streams = self._core.streams
        if isinstance(payload.get("error"), dict):
            streams.forget(stream)
            self._core.tell_error(HubError.told(payload["error"]))
            return
        streams.open(stream, Position.parse(payload.get("pos")), Position.parse(payload.get("top")))
        if payload.get("recovered") is False:
            self._gap(Gap(stream, payload.get("pos"), "not_recovered"))

    def _joined(self, action: Action) -> None:
        if "re" in hub_of(action):
            self._begin(action)
            self._channels.joined(action)
            self._core.link and self._core.link.answered(action)
        else:
            self._others(action)

    def _others(self, action: Action) -> None:
        to = hub_of(action).get("to", "")
        if isinstance(to, str) and to.startswith("org:"):
            self._core.emitter.emit(f"{action['type']} {to}", action)
        else:
            self._channels.others_changed(action)

    def _begin(self, action: Action) -> None:
        """The newest publications in the answer to a join: they are the first of the stream."""
        payload, to = payload_of(action), hub_of(action).get("to", "")
        recent = [it for it in payload.get("recent") or () if isinstance(it, dict) and isinstance(it.get("type"), str)]
        if recent and self._channels.get(to) is not None:
            self._core.streams.open(to, Position(0, 0), Position.parse(payload.get("pos")))
            for publication in recent:
                self._publication(publication)

    def _left(self, action: Action) -> None:
        if "re" not in hub_of(action):
            self._others(action)

    def _lag(self, action: Action) -> None:
        stream, pos = hub_of(action).get("to"), payload_of(action).get("pos")
        if isinstance(stream, str):
            stream = stream_of(stream, str(self._core.user))
            self._core.streams.reset(stream, Position.parse(pos))
            self._gap(Gap(stream, pos, "lag"))
            self._channels.missed(stream)

    def _bye(self, action: Action) -> None:
        payload = payload_of(action)
        self.retry_in_ms = payload.get("retry_in_ms")
        wait = self.retry_in_ms / 1000 if isinstance(self.retry_in_ms, (int, float)) else 0.0
        self._core.emitter.emit("bye", Bye(str(payload.get("reason", "")), wait))

    def _orgs(self, action: Action) -> None:
        """A refresh or an operator changed the memberships: new streams are followed from now on."""
        payload = payload_of(action)
        core = self._core
        core.belong(payload)
        gained = payload.get("resume")
        for stream, pos in gained.items() if isinstance(gained, dict) else ():
            core.streams.open(stream, Position.parse(pos))
        for stream in core.streams.positions():
            if stream.startswith(("org:", "team:")) and _org_of(stream) not in (*core.orgs, "system"):
                core.streams.forget(stream)
        core.emitter.emit("orgs", tuple(core.orgs))

    def _contact(self, action: Action) -> None:
        payload = payload_of(action)
        if "re" in hub_of(action):
            self._core.link and self._core.link.answered(action)
        else:
            self._core.emitter.emit("contact", Contact(str(payload.get("user")), str(payload.get("state"))))

    def _read(self, action: Action) -> None:
        payload = payload_of(action)
        self._core.emitter.emit("read", ReadMark(str(payload.get("user")), str(payload.get("pos"))))

    def _asked(self, action: Action) -> None:
        self._core.emitter.emit("@@hub/rpc", action)
        calls.unknown(self._core, action)

    def _publication(self, action: Action) -> None:
        core = self._core
        publication = Publication.read(action)
        stream = stream_of(publication.to, str(core.user))
        position = Position.parse(publication.pos)
        if position is not None and not self._is_new(publication, stream, position):
            return
        self._deliver(publication)
        if position is not None:
            core.streams.delivered(stream)

    def _is_new(self, publication: Publication, stream: str, position: Position) -> bool:
        core = self._core
        new = core.streams.accept(stream, position)
        if publication.sender == core.user and publication.id is not None and core.streams.position(stream) == position:
            core.sender.echoed(publication.id, publication.pos, publication.ts)
            # a copy, returned by a replay, of what this instance sent itself
            if stream == core.own_stream:
                new = new and not publication.id.startswith(f"{core.instance}-")
        if not new:
            core.streams.delivered(stream)
        return new

    def _deliver(self, publication: Publication) -> None:
        core, router = self._core, self._core.router
        core.emitter.emit("action", publication)
        if publication.type == "@@hub/invited" and publication.to == core.own_stream:
            channel = publication.payload.get("channel") if isinstance(publication.payload, dict) else None
            invited = Invited(str(channel), publication.sender, publication.pos, publication.ts)
            core.emitter.emit("invited", invited)
        if publication.to.startswith(("user:", "session:")):
            router.deliver(INBOX, publication)
            other = publication.sender if publication.to == core.own_stream else publication.to[len("user:") :]
            if publication.to.startswith("user:") and other is not None:
                router.deliver(f"direct:{other}", publication)
        else:
            router.deliver(publication.to, publication)

    def _gap(self, gap: Gap) -> None:
        if gap.stream == self._core.own_stream:
            self._core.router.tell_inbox(gap)
            self._core.emitter.emit("gap", gap)
        else:
            self._channels.gap(gap)


def _org_of(stream: str) -> str:
    return stream.partition(":")[2].partition("/")[0]
