"""Events travel between the processes that share a database, so that two people on two replicas see each other as on one."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from app.services.live import Event, Hub
from app.services.present import Presence, Present
from app.store import Database
from app.store.bulletin import Bulletin, tell


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """An event, and the process that it comes from."""

    process: str
    event: Event


def speak(database: Database, hub: Hub, process: str) -> None:
    """Tell the other processes what happens in this one."""
    hub.others = lambda event: tell(database, msgspec.json.encode(_Told(process, event)).decode())


class Relay:
    """Hands this process' events to the others, and theirs to this one's listeners."""

    def __init__(self, database: Database, hub: Hub, presence: Presence, process: str, clock: Callable[[], datetime]) -> None:
        speak(database, hub, process)
        self._hub = hub
        self._presence = presence
        self._process = process
        self._clock = clock
        self.bulletin = Bulletin(database, self.hear)

    def hear(self, words: str) -> None:
        """Take what another process tells."""
        try:
            told = msgspec.json.decode(words, type=_Told)
        except msgspec.DecodeError:
            return  # another version of the program
        if told.process == self._process:
            return
        if told.event.kind == "presence":
            self._note(told.event)
        self._hub.hand_out(told.event)

    def _note(self, event: Event) -> None:
        if not event.about:
            self._presence.drop(event.transfer, event.client)
            return
        self._presence.put(event.transfer, msgspec.json.decode(event.about, type=Present), self._clock())

    def close(self) -> None:
        """Hear no more."""
        self.bulletin.close()
