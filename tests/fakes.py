"""Stand-ins for the ports, for tests of what the use cases do with them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class FakeSession:
    """A router that takes every line but those that it is told to refuse; `calls` is what it was asked, in order."""

    router: str = "lab/router"
    refuse: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def show(self, command: str) -> str:
        """Return the next answer for a command; the last one stays."""
        self.calls.append(command)
        answers = self.answers[command]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def enter_configuration(self) -> None:
        """Note that configuration was entered."""
        self.calls.append("<enter>")

    def configure(self, line: str) -> str:
        """Take or refuse a line."""
        self.calls.append(line)
        return self.refuse.get(line.strip(), "")

    def leave_configuration(self) -> None:
        """Note that configuration was left."""
        self.calls.append("<leave>")

    def save(self) -> None:
        """Note that the configuration was saved."""
        self.calls.append("<save>")

    def close(self) -> None:
        """Note the end."""
        self.calls.append("<close>")
