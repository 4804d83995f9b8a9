"""Fibers in gdb: what each waits for, and where.

	(gdb) source deploy/gdb/fibers.py
	(gdb) fibers                 all fibers of all workers, one a line
	(gdb) fiber 3                the backtrace of the third
	(gdb) fiber session          of every fiber of that name
	(gdb) fiber apply all        of every fiber

Works on a running process and on a core file (the kernel's; gdb's own gcore stops
at the guards between stacks): a suspended fiber's frames are
followed by their frame pointers (we build with -fno-omit-frame-pointer), so no
register is touched. With a running process, `fiber 3 in COMMAND` runs any
command, such as `bt full` or `info locals`, with the registers that the fiber
will continue with, and puts the thread's own back.
"""
import gdb

STATES = ["runnable", "running", "waiting", "ended"]
# Where switch_stacks left the registers, in bytes above the saved stack pointer.
SAVED = {
	"x86-64": {"frame": 48, "return": 56, "size": 64, "pc": "rip", "sp": "rsp",
		"registers": {"r15": 8, "r14": 16, "r13": 24, "r12": 32, "rbx": 40, "rbp": 48}},
	"aarch64": {"frame": 80, "return": 88, "size": 176, "pc": "pc", "sp": "sp",
		"registers": {"x%d" % n: (n - 19) * 8 for n in range(19, 31)}},
}


def machine():
	name = gdb.selected_inferior().architecture().name()
	return SAVED["aarch64" if name.startswith("aarch64") else "x86-64"]


def entries(head, type_name, member):
	"""The objects of TYPE_NAME in the list with this head, by their link MEMBER."""
	kind = gdb.lookup_type(type_name)
	offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
	link = head["head"]["next"]
	while link != head["head"].address:
		yield gdb.Value(int(link) - offset).cast(kind.pointer())
		link = link["next"]


def workers():
	worker = gdb.parse_and_eval("worker_first")
	while worker:
		yield worker
		worker = worker["next"]


def fibers():
	"""Worker and fiber, for all, in a stable order."""
	for worker in workers():
		for fiber in entries(worker["fibers"], "struct fiber", "worker_link"):
			yield worker, fiber


def name_of(fiber):
	return fiber["name"].string()


def describe(worker, fiber):
	state = STATES[int(fiber["state"])]
	wait = fiber["wait"]
	if wait:
		state = "waits: " + wait["what"].string()
		at_us = int(wait["timer"]["at_us"])
		if int(wait["timer"]["heap_place"]):
			state += ", %.3f s left" % ((at_us - int(worker["now_us"])) / 1e6)
	if fiber["cancelled"]:
		state += ", cancelled"
	failure = fiber["failure"]
	if int(failure["kind"]):
		state += ", last failure: " + failure["text"].string(errors="replace")
	return "worker %d  %-20s %s" % (int(worker["index"]), name_of(fiber), state)


def word(address):
	kind = gdb.lookup_type("unsigned long").pointer()
	return int(gdb.Value(address).cast(kind).dereference())


def place(pc):
	"""Function and line of a return address: of the call before it."""
	block = gdb.block_for_pc(pc - 1)
	while block and not block.function:
		block = block.superblock
	line = gdb.find_pc_line(pc - 1)
	name = block.function.name if block else None
	if not name:
		text = gdb.execute("info symbol 0x%x" % (pc - 1), to_string=True)
		name = text.split()[0] if not text.startswith("No symbol") else "??"
	where = " at %s:%d" % (line.symtab.filename, line.line) if line.symtab else ""
	return "%s%s" % (name, where)


def backtrace(fiber):
	"""Prints the frames of a suspended fiber, innermost first."""
	saved = machine()
	pointer = int(fiber["context"]["pointer"])
	low = int(fiber["stack"])
	high = int(fiber.cast(gdb.lookup_type("unsigned long")))
	frame, pc = word(pointer + saved["frame"]), word(pointer + saved["return"])
	for number in range(100):
		print("#%-2d 0x%012x in %s" % (number, pc, place(pc)))
		if not low <= frame < high:
			break
		frame, pc = word(frame), word(frame + 8)
		if not pc:
			break


def run_inside(fiber, command):
	"""Runs COMMAND with the registers that FIBER will continue with."""
	saved = machine()
	pointer = int(fiber["context"]["pointer"])
	values = {name: word(pointer + at) for name, at in saved["registers"].items()}
	values[saved["pc"]] = word(pointer + saved["return"])
	values[saved["sp"]] = pointer + saved["size"]
	gdb.execute("frame 0", to_string=True)
	before = {name: int(gdb.parse_and_eval("(unsigned long)$" + name)) for name in values}
	try:
		for name, value in values.items():
			gdb.execute("set $%s = %d" % (name, value))
		gdb.execute(command)
	finally:
		gdb.execute("frame 0", to_string=True)
		for name, value in before.items():
			gdb.execute("set $%s = %d" % (name, value))


class Fibers(gdb.Command):
	"""List the fibers of all workers, and what each waits for."""

	def __init__(self):
		super().__init__("fibers", gdb.COMMAND_STACK)

	def invoke(self, argument, from_tty):
		count = 0
		for worker, fiber in fibers():
			count += 1
			print("%4d  %s" % (count, describe(worker, fiber)))
		if not count:
			print("No fibers.")


class Fiber(gdb.Command):
	"""fiber NUMBER | NAME | apply all [in COMMAND]: backtraces of fibers."""

	def __init__(self):
		super().__init__("fiber", gdb.COMMAND_STACK)

	def invoke(self, argument, from_tty):
		which, _, command = argument.partition(" in ")
		which = which.strip()
		found = False
		for number, (worker, fiber) in enumerate(list(fibers()), 1):
			if which not in (str(number), name_of(fiber), "apply all"):
				continue
			found = True
			print("%4d  %s" % (number, describe(worker, fiber)))
			if STATES[int(fiber["state"])] == "running":
				print("It runs: see the backtrace of its worker's thread.")
			elif command:
				run_inside(fiber, command)
			else:
				backtrace(fiber)
		if not found:
			raise gdb.GdbError("no fiber is number or name %s" % which)


Fibers()
Fiber()
