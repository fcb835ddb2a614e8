"""Stand-ins for the ports, for tests of what the use cases do with them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class FakeSession:
    """A router that takes every line but those that it is to refuse; `calls` is what it was asked, in order."""

    router: str = "lab/router"
    refuse: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def show(self, command: str) -> str:
        """Return the next answer for a command; the last one stays."""
        self.calls.append(command)
        answers = self.answers[command]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def show_all(self, *commands: str) -> tuple[str, ...]:
        """Return the next answer for each command."""
        return tuple(self.show(command) for command in commands)

    def enter_configuration(self, revert_minutes: int | None = None) -> str:
        """Note that configuration was entered."""
        self.calls.append("<enter>" if revert_minutes is None else f"<enter, back in {revert_minutes}>")
        return ""

    @property
    def in_configuration(self) -> bool:
        """Whether the last entry was let in: always."""
        return True

    def configure(self, *lines: str) -> tuple[str, ...]:
        """Take or refuse lines."""
        self.calls.extend(lines)
        return tuple(self.refuse.get(line.strip(), "") for line in lines)

    def leave_configuration(self) -> None:
        """Note that configuration was left."""
        self.calls.append("<leave>")

    def close(self) -> None:
        """Note the end."""
        self.calls.append("<close>")
