/*
 * The IMAP server dialogue against transcripts, over a store in memory-backed files
 * and a policy that knows one user: "u" with the password "p".
 *
 *	set tls yes          STARTTLS is offered, and nothing is before it
 *	set inbox 3          so many of the messages below are in INBOX
 *	set quota 10         the account may have so many kilobytes
 *	set arrives 5s       a message comes then
 *	set flags 5s         another session flags all then
 *	set expunges 5s      another session expunges all then
 *	set stopping 5s      the process begins to end
 *	set errors 3         the session ends at the third
 *	set slow 11s         each command takes so long until it begins
 */
#include "imap_server/server.h"

#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "imap_others.h"
#include "io/material.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "store/store_core.h"
#include "store/view.h"
#include "talk.h"

#define LATER	    deadline_none() /* time jumps while another thread works */
#define MESSAGE_MAX 1000000

/* A conversation's world. */
struct world {
	struct store *store;
	struct store_account *account;
	struct scope others;
	struct fiber *session;
	bool stopping, resting;
	int commands; /* since the login */
};

static struct store_port *port;

static bool is_busy(void)
{
	return port && port->waiting;
}

/* --- The policy --- */

static void offer(struct imap_session *session, struct imap_offer *offer_r)
{
	bool good = !talk_setting("tls") ||
		    stream_facts(session->conversation.stream)->encrypted;

	*offer_r = (struct imap_offer){
		.login = good, .mechanisms = good ? SASL_BIT(SASL_PLAIN) : 0};
}

static enum login_verdict prove(struct imap_session *session, bool good)
{
	if (good)
		session->account = SLICE("u@example.com");
	return good ? LOGIN_OK : LOGIN_WRONG;
}

static enum login_verdict step(struct imap_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	if (slice_equal(line, SLICE("*")))
		return LOGIN_CANCELLED;
	return prove(session, slice_equal(line, SLICE("AHUAcA==")));
}

static enum login_verdict start(struct imap_session *session, struct slice mechanism,
	struct slice initial, struct slice *challenge_r, struct deadline deadline)
{
	if (!slice_equal_nocase(mechanism, SLICE("PLAIN")))
		return LOGIN_NOT_OFFERED;
	*challenge_r = SLICE("");
	return initial.at ? step(session, initial, challenge_r, deadline)
			  : LOGIN_CONTINUE;
}

static enum login_verdict password(struct imap_session *session, struct slice name,
	struct slice secret, struct deadline deadline)
{
	return prove(session,
		slice_equal(name, SLICE("u")) && slice_equal(secret, SLICE("p")));
}

static struct store_account *open_account(struct imap_session *session,
	struct store_port **port_r, struct deadline deadline)
{
	struct world *world = session->context;

	*port_r = port;
	return store_account_hold(world->store, session->account);
}

/* "set holds 2": so many commands. */
static bool holds(struct imap_session *session, struct deadline deadline)
{
	struct world *world = session->context;

	if (talk_setting("slow"))
		fiber_sleep(deadline_after_ms(atoi(talk_setting("slow")) * 1000));
	return !talk_setting("holds") ||
	       world->commands++ < atoi(talk_setting("holds"));
}

static void disconnect(struct imap_session *session)
{
}

static const struct imap_policy policy = {
	.offer = offer,
	.start = start,
	.step = step,
	.password = password,
	.open = open_account,
	.shared = others_shared,
	.visit = others_visit,
	.holds = holds,
	.disconnect = disconnect,
};

/* --- The others --- */

static void deliver(struct world *world, size_t which)
{
	letter_deliver(port, world->account, SLICE("INBOX"), which, 0);
}

static bool sleep_for(const char *name)
{
	return fiber_sleep(deadline_after_ms(atoi(talk_setting(name)) * 1000));
}

static void arrive(void *arg)
{
	if (sleep_for("arrives"))
		deliver(arg, 0);
}

static struct view *look(struct world *world)
{
	enum store_fault fault;

	return view_open(port, world->account, SLICE("INBOX"), true, &fault, LATER);
}

static void flag(void *arg)
{
	struct flags_change change = {
		FLAGS_ADD, MESSAGE_FLAGGED, SLICE("$New"), UINT64_MAX};
	struct uid_set modified;
	struct arena arena = {0};
	enum store_fault fault;
	struct view *view;

	if (!sleep_for("flags"))
		return;
	view = look(arg);
	CHECK(view_change_flags(view, NULL, &change, &arena, &modified, &fault, LATER));
	view_close(&view);
	arena_finish(&arena);
}

static void expunge(void *arg)
{
	enum store_fault fault;
	struct view *view;

	if (!sleep_for("expunges"))
		return;
	view = look(arg);
	CHECK(view_expunge(view, NULL, true, &fault, LATER));
	view_close(&view);
}

static void stop(void *arg)
{
	struct world *world = arg;

	if (!sleep_for("stopping"))
		return;
	world->stopping = true;
	if (world->resting)
		fiber_hurry(world->session);
}

/* --- Each conversation --- */

static struct tls_server *make_tls(void)
{
	static bool made;
	struct tls_pair pair;
	size_t which;

	if (!made)
		material_make(&(struct material_wish){
			.name = "mx.example", .names = "DNS:mx.example"});
	made = true;
	pair = (struct tls_pair){
		material_path("mx.example", "pem"), material_path("mx.example", "key")};
	return tls_server_create(&pair, 1, "1.2", "imap", &which);
}

static int remove_one(
	const char *path, const struct stat *stat, int type, struct FTW *at)
{
	return remove(path);
}

static void furnish(struct world *world)
{
	const char *inbox = talk_setting("inbox"), *quota = talk_setting("quota");

	world->account = store_account_hold(world->store, SLICE("u@example.com"));
	if (quota)
		store_account_set_quota(world->account,
			(struct store_sums){.bytes = (uint64_t)atoi(quota) * 1024});
	for (int i = 0; inbox && i < atoi(inbox); i++)
		deliver(world, (size_t)i);
	scope_init(&world->others);
	others_begin(world->store, port, &world->others);
	if (talk_setting("arrives"))
		scope_spawn(&world->others, "arrive", arrive, world);
	if (talk_setting("flags"))
		scope_spawn(&world->others, "flag", flag, world);
	if (talk_setting("expunges"))
		scope_spawn(&world->others, "expunge", expunge, world);
	if (talk_setting("stopping"))
		scope_spawn(&world->others, "stop", stop, world);
}

static void dialogue(struct stream *stream, void *context)
{
	char folder[] = "/dev/shm/ringpost-talk-XXXXXX";
	struct world world = {.session = fiber_self()};
	struct attendance *attendance = attendance_create();
	struct conversation_limits limits = conversation_limits_usual(IMAP_IDLE_MS);
	struct tls_server *tls = talk_setting("tls") ? make_tls() : NULL;
	struct imap_server_options options = {.stream = stream,
		.tls = tls,
		.hostname = "mx.example",
		.limits = &limits,
		.attendance = attendance,
		.policy = &policy,
		.policy_context = &world,
		.message_max = MESSAGE_MAX,
		.stopping = &world.stopping,
		.resting = &world.resting};

	if (talk_setting("errors"))
		limits.errors = (uint64_t)atoi(talk_setting("errors"));
	CHECK(mkdtemp(folder));
	world.store = store_create(folder, 1);
	port = store_port_open(world.store);
	furnish(&world);
	imap_server_run(&options, LATER);
	scope_finish(&world.others, deadline_after_ms(0));
	store_account_release(&world.account);
	others_end();
	store_port_close(&port);
	store_destroy(&world.store);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	tls_server_release(&tls);
	attendance_destroy(&attendance);
}

/* As written, byte by byte, hung up after each line. A conversation is a store with
 * its files: to cut each at every byte would take too long. */
static void check(const char *pattern, bool bytes)
{
	glob_t found;

	CHECK(glob(pattern, 0, NULL, &found) == 0);
	CHECK(offload_start(1, 16));
	talk_is_busy = is_busy;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		CHECK(talk_run(path, dialogue, NULL, stderr));
		if (bytes)
			CHECK(talk_run_cut(
				path, TALK_EACH_BYTE, dialogue, NULL, stderr));
		for (size_t line = 1; line <= talk_lines(path, stderr); line++)
			CHECK(talk_run_disconnect(path, line, dialogue, NULL, stderr));
	}
	globfree(&found);
	offload_stop();
}

CASE("transcripts, byte by byte, hung up after every line")
{
	check(TALKS "/*.talk", true);
}

/* Where it matters what arrives together. */
CASE("transcripts of clients that speak before their turn")
{
	check(TALKS "_once/*.talk", false);
}

CHECK_MAIN()
