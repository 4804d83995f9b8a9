/* Probing: what is said when this system has no usable ring. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"
#include "check.h"
#include "run/ring_core.h"
#include "run/sanitize.h"
#include "run/worker.h"

CASE("this system has one")
{
	if (!CHECK(ring_probe()))
		fprintf(stderr, "%s\n", failure_last()->text);
}

/* Makes io_uring_setup fail with ERROR from now on. */
static void forbid(unsigned error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void no_descriptors(unsigned unused)
{
	struct rlimit none = {0, 0};

	(void)unused;
	setrlimit(RLIMIT_NOFILE, &none);
}

/* What ring_probe says after PREPARE(ERROR), in a child of its own. */
static void said_after(
	void (*prepare)(unsigned), unsigned error, char *text, size_t size)
{
	int ends[2], status;
	ssize_t got;
	pid_t pid;

	CHECK(!pipe(ends));
	pid = fork();
	if (pid == 0) {
		const char *words = "it works";

		prepare(error);
		if (!ring_probe())
			words = failure_kind_last() == FAILURE_RESOURCE
					? failure_last()->text
					: "wrong kind";
		if (write(ends[1], words, strlen(words)) < 0)
			_exit(1);
		_exit(worker_create(&(struct worker_options){0}) ? 1 : 0);
	}
	close(ends[1]);
	got = read(ends[0], text, size - 1);
	text[got > 0 ? got : 0] = '\0';
	close(ends[0]);
	waitpid(pid, &status, 0);
	CHECK_NUMBER(status, 0);
}

CASE("a ring that cannot be made is explained, and how to get one")
{
	static const struct {
		unsigned error;
		const char *words;
	} cases[] = {
		{ENOSYS, "this kernel has no io_uring"},
		{EPERM, "seccomp"},
		{ENOMEM, "LimitMEMLOCK"},
		{EMFILE, "LimitNOFILE"},
		{EINVAL, "run Linux 6.0 or newer"},
		{EFAULT, "io_uring_setup: Bad address"},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		said_after(forbid, cases[i].error, text, sizeof(text));
		if (!CHECK(strstr(text, cases[i].words) != NULL))
			fprintf(stderr, "%u: %s\n", cases[i].error, text);
	}
	if (sanitize_is_valgrind())
		return; /* it keeps the limit itself */
	said_after(no_descriptors, 0, text, sizeof(text));
	CHECK(strstr(text, "LimitNOFILE") != NULL);
}

CHECK_MAIN()
