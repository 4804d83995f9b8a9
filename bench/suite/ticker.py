"""What a person sees while it runs: on a terminal one line that changes, else a line a run."""
import sys
import time


def clock(seconds):
    seconds = max(0, int(seconds))
    return f"{seconds // 60}:{seconds % 60:02d}"


class Ticker:
    def __init__(self, until, out=sys.stderr):
        self.out, self.until, self.began = out, until, time.monotonic()
        self.live = out.isatty()
        self.head, self.profile = "", None
        self.done = self.total = 0

    def line(self, text):
        """A line that stays."""
        self.out.write(("\r\033[K" if self.live else "") + text + "\n")
        self.out.flush()

    def say(self, text):
        """What is done right now: seen on a terminal only."""
        if self.live:
            self.out.write(f"\r\033[K{self.head} · {text}"[:200])
            self.out.flush()

    def start(self, profile, total):
        self.profile, self.done, self.total = profile, 0, total
        self.line(f"== {profile.title}")

    def begin(self, runner, row, rep):
        self.done += 1
        left = min(runner.expected(), runner.left())  # of this profile
        again = f" (run {rep + 1})" if rep else ""
        self.head = f"[{self.done}/{self.total}, {clock(left)} left] {row.cell.text()}{again}"
        self.say("starting")

    def end(self, row, run):
        """What a run came to."""
        if run is None:
            self.line(f"{self.head}: skipped, {row.why or 'no time was left'}")
        elif not run["ok"]:
            self.line(f"{self.head}: failed, {run['why']}")
        else:
            self.line(f"{self.head}: {self._figures(run)}")

    def _figures(self, run):
        shown = []
        for metric in self.profile.metrics:
            value = run.get(metric["name"])
            if isinstance(value, (int, float)) and len(shown) < 3:
                digits = metric.get("digits", 0)
                shown.append(f"{metric['title']} {value:,.{digits}f} "
                             f"{metric.get('unit', '')}".strip())
        if run.get("disturbed", 0) >= 0.15:
            shown.append(f"others took {run['disturbed']:.0%} of the machine")
        return "; ".join(shown) or "done"
