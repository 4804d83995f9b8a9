/*
 * Mailboxes against kill -9: a child works on a store with many fibers and ends
 * itself at a named point; what it said was done is looked for by the next one.
 *
 * store_kill [ROUNDS [SEED]]. The parent holds the story: the child says over a
 * pipe what it begins and what was acknowledged; of what was begun and not
 * acknowledged both outcomes are good, everything else must be exactly so.
 */
#include "store_kill.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "run/worker.h"

#define UIDS_MAX 1000000

const char *const names[MAILBOXES] = {"INBOX", "Other"};
char folder[] = "/tmp/ringpost-kill-XXXXXX";
struct message *messages;
uint32_t token_count = 1;
int pipe_fd;
unsigned random_state;
enum store_point fatal;
_Atomic long passes_left;
static uint32_t uidvalidities[MAILBOXES];
static uint32_t *owners[MAILBOXES]; /* UID → token, for ever */
static enum store_fault fault;

/* --- The parent's story --- */

static void take_done(const struct line *line, struct message *message)
{
	switch (line->kind) {
	case APPEND:
		message->standing = THERE;
		message->mailbox = line->mailbox;
		message->uid = line->uid;
		if (!uidvalidities[line->mailbox])
			uidvalidities[line->mailbox] = line->uidvalidity;
		CHECK_NUMBER(line->uidvalidity, uidvalidities[line->mailbox]);
		break;
	case FLAGS:
		message->flags = message->wanted;
		break;
	case EXPUNGE:
		message->standing = GONE;
		break;
	case MOVE:
		message->standing = THERE;
		message->mailbox = line->to_mailbox;
		message->uid = line->to_uid;
		break;
	}
	if (line->kind == APPEND || line->kind == MOVE) {
		uint32_t *owner = &owners[message->mailbox][message->uid];

		CHECK(*owner == 0 || *owner == line->token);
		*owner = line->token;
	}
}

static void take_line(const struct line *line)
{
	static const enum standing begun[] = {COMING, THERE, GOING, MOVING};
	struct message *message = &messages[line->token];

	if (line->token >= token_count)
		token_count = line->token + 1;
	if (line->done) {
		take_done(line, message);
		return;
	}
	message->standing = begun[line->kind];
	message->to_mailbox = line->to_mailbox;
	if (line->kind == APPEND)
		message->mailbox = line->mailbox;
	message->wanted = line->kind == FLAGS ? line->flags : message->flags;
}

/* --- The check: a child that has the story --- */

static uint32_t token_in(uint64_t file, uint32_t *size_r)
{
	struct message_file message;
	char text[TEXT_SIZE], wanted[TEXT_SIZE];
	unsigned token = 0;

	if (!CHECK(message_open(views[0], file, NULL, &message, NULL, &fault, SOON)))
		return 0;
	*size_r = (uint32_t)message.size;
	memset(text, 0, sizeof(text));
	if (CHECK(message.size < sizeof(text)) &&
		CHECK(message_read(&message, 0, text, message.size, SOON)))
		(void)sscanf(text, "Subject: %u", &token);
	message_close(&message);
	CHECK(token && token < TOKENS_MAX);
	CHECK_NUMBER(text_of(token, wanted), *size_r);
	CHECK(strcmp(text, wanted) == 0);
	return token;
}

static bool may_be_in(const struct message *message, uint32_t mailbox)
{
	switch (message->standing) {
	case THERE:
	case GOING:
	case COMING:
		return message->mailbox == mailbox;
	case MOVING:
		return message->mailbox == mailbox || message->to_mailbox == mailbox;
	case NOWHERE:
	case GONE:
		break;
	}
	return false;
}

/* What a check found goes back over the pipe: it is the story from then on. */
static void check_record(uint32_t mailbox, const struct record *record)
{
	uint32_t size = 0, token = token_in(record->file, &size);
	struct message *message = &messages[token];
	struct line line = {.kind = APPEND,
		.token = token,
		.done = true,
		.mailbox = mailbox,
		.uid = record->uid,
		.uidvalidity = view_uidvalidity(views[mailbox]),
		.flags = record->flags};

	CHECK_NUMBER(record->size, size);
	CHECK(may_be_in(message, mailbox));
	CHECK(!message->seen); /* in one place */
	message->seen = true;
	CHECK(owners[mailbox][record->uid] == 0 ||
		owners[mailbox][record->uid] == token);
	if (message->standing == THERE)
		CHECK_NUMBER(message->uid, record->uid);
	CHECK(record->flags == message->flags || record->flags == message->wanted);
	say(&line);
}

static size_t files_in(const char *name)
{
	char *path = memory_format("%s/jo@example.com/%s", folder, name);
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	memory_free(path);
	return count;
}

static void check_body(void *arg)
{
	uint32_t shown = 0;

	begin();
	for (uint32_t i = 0; i < MAILBOXES; i++) {
		const struct state *state = views[i]->state;

		if (uidvalidities[i])
			CHECK_NUMBER(view_uidvalidity(views[i]), uidvalidities[i]);
		shown += state->count;
		for (uint32_t seq = 1; seq <= state->count; seq++)
			check_record(i, state_at(state, seq));
	}
	for (uint32_t token = 1; token < token_count; token++) {
		enum standing standing = messages[token].standing;

		if (!messages[token].seen &&
			!CHECK(standing != THERE && standing != MOVING))
			fprintf(stderr, "message %u is missing\n", token);
	}
	/* Files go behind the answer. */
	for (int i = 0; i < 1000 && files_in("cur") != shown; i++)
		(void)fiber_sleep(deadline_after_ms(20));
	CHECK_NUMBER(files_in("cur"), shown);
	CHECK_NUMBER(files_in("tmp"), 0);
	end();
}

static void run_child(void (*body)(void *arg))
{
	struct worker *worker;

	if (!offload_start(4, 64))
		_exit(2);
	worker = worker_create(&(struct worker_options){.index = 0});
	worker_run(worker, body, NULL);
	worker_destroy(&worker);
	offload_stop();
	_exit(check_failures ? 1 : 0);
}

/* Its status; EACH gets what it says. */
static int run(void (*body)(void *arg), void (*each)(const struct line *line))
{
	struct line line;
	int ends[2], status = 0;
	pid_t child;

	if (pipe(ends))
		exit(2);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		pipe_fd = ends[1];
		run_child(body);
	}
	close(ends[1]);
	while (read(ends[0], &line, sizeof(line)) == sizeof(line))
		each(&line);
	close(ends[0]);
	waitpid(child, &status, 0);
	return status;
}

/* From the story that a check found to be true. */
static void take_found(const struct line *line)
{
	struct message *message = &messages[line->token];

	uidvalidities[line->mailbox] = line->uidvalidity;
	take_line(line);
	message->flags = message->wanted = line->flags;
	message->seen = true;
}

static bool check(const char *what)
{
	int status;

	for (uint32_t i = 0; i < token_count; i++)
		messages[i].seen = false;
	status = run(check_body, take_found);
	for (uint32_t i = 0; i < token_count; i++) {
		if (!messages[i].seen)
			messages[i].standing = GONE;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	fprintf(stderr, "%s: the check ended with status %d\n", what, status);
	check_failures++;
	return false;
}

/* False: the child did not end at its point, or something is wrong. */
static bool kill_once(enum store_point point, unsigned *killed)
{
	char what[100];
	int status;

	fatal = point;
	passes_left = 1 + rand_r(&random_state) % 60;
	snprintf(what, sizeof(what), "point %d, pass %ld", (int)point, passes_left);
	status = run(work_body, take_line);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		(*killed)++;
	} else if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "%s: the child ended with status %d\n", what, status);
		check_failures++;
	}
	return check(what);
}

static int remove_one(
	const char *path, const struct stat *status, int kind, struct FTW *where)
{
	return remove(path);
}

static void clean(void)
{
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static unsigned rounds;

CASE("killed at every point: what was acknowledged is there, nothing else")
{
	unsigned killed = 0;

	for (unsigned i = 0; i < rounds * POINTS && !check_failures; i++)
		(void)kill_once((enum store_point)(i % POINTS), &killed);
	if (!check_failures)
		CHECK_NUMBER(killed, rounds * POINTS);
	printf("%u kills, %u messages\n", killed, token_count - 1);
}

int main(int count, char **list)
{
	int failures;

	rounds = count > 1 ? (unsigned)atoi(list[1]) : 3;

	random_state = count > 2 ? (unsigned)atoi(list[2]) : 1;
	messages = memory_allocate_array(TOKENS_MAX, sizeof(*messages));
	for (int i = 0; i < MAILBOXES; i++)
		owners[i] = memory_allocate_array(UIDS_MAX, sizeof(uint32_t));
	if (!mkdtemp(folder))
		return 2;
	failures = check_run();
	for (int i = 0; i < MAILBOXES; i++)
		memory_free(owners[i]);
	memory_free(messages);
	if (failures)
		printf("%s is kept\n", folder);
	else
		clean();
	return failures;
}
