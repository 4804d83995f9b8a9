/*
 * The POP3 server dialogue against transcripts, with a maildrop in memory and a
 * policy that knows the user "jo" with the password "secret" (AUTH PLAIN, too), and
 * the users that are named after what comes of them: temporary, blocked, many, app,
 * scope, and perm and later, whose maildrop cannot be opened.
 *
 *	set tls yes          STLS is offered
 *	set implicit yes     (with a transcript that begins with "tls client")
 *	set plain no         nobody logs in without TLS
 *	set apop yes         APOP is offered
 *	set messages 0       the maildrop is empty
 *	set piece 3          bytes of a message that are read at once
 *	set reads fail       behind the 10th byte of a message
 *	set removes later    QUIT cannot remove now; never: nor later
 *	set locked yes       another session has the maildrop
 *	set address full     the address has its sessions; account: jo has
 *	set stopping 7s      the process ends after so long; yes: at once
 *	set holds 5s         a login does, for so long
 *	set expire 30        messages stay so long
 *	set wants deleted=2  so many messages have gone in the end
 */
#include "check.h"

#include <glob.h>

#include "base/memory.h"
#include "io/material.h"
#include "mail/sasl.h"
#include "memory_maildrop.h"
#include "pop3/server.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "talk.h"

static struct slice texts[4];
static size_t removed, wanted;

static bool is(const char *name, const char *value)
{
	const char *set = talk_setting(name);

	return set && strcmp(set, value) == 0;
}

static void stub_offer(struct pop3_session *session, struct pop3_offer *offer_r)
{
	bool safe = stream_facts(session->conversation.stream)->encrypted ||
		    !is("plain", "no");

	offer_r->user = safe;
	offer_r->apop = talk_setting("apop") != NULL;
	offer_r->mechanisms = safe ? SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_SCRAM_SHA_256)
				   : 0;
}

static enum login_verdict judge(
	struct pop3_session *session, struct slice name, bool right)
{
	static const struct {
		const char *name;
		enum login_verdict verdict;
	} others[] = {{"temporary", LOGIN_NOT_NOW}, {"blocked", LOGIN_BLOCKED},
		{"many", LOGIN_TOO_MANY}, {"app", LOGIN_NEEDS_APP},
		{"scope", LOGIN_OTHER_SCOPE}, {"perm", LOGIN_OK}, {"later", LOGIN_OK},
		{"jo", LOGIN_OK}};

	for (size_t i = 0; right && i < ARRAY_COUNT(others); i++) {
		if (!slice_equal(name, slice_of(others[i].name)))
			continue;
		if (others[i].verdict == LOGIN_OK)
			session->account = slice_of(others[i].name);
		return others[i].verdict;
	}
	fiber_sleep(deadline_after_ms(2000));
	return LOGIN_WRONG;
}

static enum login_verdict stub_password(struct pop3_session *session, struct slice name,
	struct slice password, struct deadline deadline)
{
	return judge(session, name, slice_equal(password, SLICE("secret")));
}

static enum login_verdict stub_apop(struct pop3_session *session, struct slice name,
	struct slice digest, struct deadline deadline)
{
	CHECK(slice_starts(session->stamp, SLICE("<")) &&
		slice_ends(session->stamp, SLICE("@mx.example>")));
	return judge(session, name,
		slice_equal(digest, SLICE("c4c9334bac560ecc979e58001b3e22fb")));
}

static enum login_verdict stub_step(struct pop3_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	if (slice_equal(line, SLICE("*")))
		return LOGIN_CANCELLED;
	if (slice_equal(line, SLICE("AGpvAHNlY3JldA==")))
		return judge(session, SLICE("jo"), true);
	if (slice_equal(line, SLICE("AGpvAHdyb25n")))
		return judge(session, SLICE("jo"), false);
	return LOGIN_MALFORMED;
}

static enum login_verdict stub_start(struct pop3_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	if (!slice_equal_nocase(mechanism, SLICE("PLAIN")))
		return LOGIN_NOT_OFFERED;
	if (initial.at)
		return stub_step(session, initial, challenge_r, deadline);
	return LOGIN_CONTINUE;
}

static struct maildrop *stub_open(
	struct pop3_session *session, struct deadline deadline)
{
	size_t count = talk_setting("messages") ? (size_t)atoi(talk_setting("messages"))
						: ARRAY_COUNT(texts);
	size_t piece = talk_setting("piece") ? (size_t)atoi(talk_setting("piece"))
					     : 65536;
	struct memory_maildrop *memory;

	if (slice_equal(session->account, SLICE("perm"))) {
		fail(FAILURE_DATA, "damaged");
		return NULL;
	}
	if (slice_equal(session->account, SLICE("later"))) {
		fail(FAILURE_STORE, "busy");
		return NULL;
	}
	memory = memory_maildrop_create(texts, count, piece);
	memory->removed = &removed;
	memory->fails_at = is("reads", "fail") ? 10 : 0;
	memory->remove_fails = is("removes", "later")	? FAILURE_STORE
			       : is("removes", "never") ? FAILURE_DATA
							: FAILURE_NONE;
	return &memory->maildrop;
}

static bool stub_holds(struct pop3_session *session, struct deadline deadline)
{
	const char *holds = talk_setting("holds");

	return !holds || worker_wall_ms() < TALK_BEGINS_MS + atoi(holds) * 1000;
}

static void stub_disconnect(struct pop3_session *session)
{
}

static const struct pop3_policy policy = {stub_offer, stub_start, stub_step,
	stub_password, stub_apop, stub_open, stub_holds, stub_disconnect};

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
	return tls_server_create(&pair, 1, "1.2", "pop3", &which);
}

/* The process that begins to end. */
struct stopper {
	struct timer timer;
	bool stopping, resting;
	struct fiber *session;
};

static void stop(struct timer *timer)
{
	struct stopper *stopper = CONTAINER_OF(timer, struct stopper, timer);

	stopper->stopping = true;
	if (stopper->resting)
		fiber_hurry(stopper->session);
}

/* Others that are there already. */
static void enter_others(
	struct attendance *attendance, struct stream *stream, bool come)
{
	static const struct {
		const char *name, *value;
		enum attendance_kind kind;
	} table[] = {{"locked", "yes", ATTENDANCE_MAILDROP},
		{"address", "full", ATTENDANCE_ADDRESS},
		{"address", "account", ATTENDANCE_ACCOUNT}};
	static unsigned char address[16];

	if (stream)
		memcpy(address, stream_facts(stream)->peer_bytes, 16);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice who = table[i].kind == ATTENDANCE_ADDRESS
					   ? slice_make(address, 16)
					   : SLICE("jo");

		if (!is(table[i].name, table[i].value))
			continue;
		if (come)
			CHECK(attendance_enter(attendance, table[i].kind, who, 0));
		else
			attendance_leave(attendance, table[i].kind, who);
	}
}

static void dialogue(struct stream *stream, void *context)
{
	const char *stops = talk_setting("stopping");
	struct stopper stopper = {
		.timer.run = stop,
		.stopping = is("stopping", "yes"),
		.session = fiber_self(),
	};
	struct conversation_limits limits = conversation_limits_usual(POP3_IDLE_MS);
	struct pop3_server_options options = {
		.stream = stream,
		.hostname = "mx.example",
		.limits = &limits,
		.attendance = attendance_create(),
		.policy = &policy,
		.stopping = &stopper.stopping,
		.resting = &stopper.resting,
	};
	struct deadline end = deadline_after_ms(3600000);

	limits.per_address = limits.per_account = 1;
	limits.errors = 5;
	limits.early_commands = 10;
	limits.early_bytes = 30000;
	if (talk_setting("tls") || talk_setting("implicit"))
		options.tls = make_tls();
	if (talk_setting("expire"))
		options.expire_days = (unsigned)atoi(talk_setting("expire"));
	removed = 0;
	wanted = talk_setting("wants")
			 ? (size_t)atoi(strchr(talk_setting("wants"), '=') + 1)
			 : 0;
	enter_others(options.attendance, stream, true);
	if (talk_setting("implicit"))
		options.stream = tls_accept(&options.stream, options.tls, end);
	if (stops && !stopper.stopping)
		timer_start(&stopper.timer, deadline_after_ms(atoi(stops) * 1000));
	if (options.stream)
		pop3_server_run(&options, end);
	timer_stop(&stopper.timer);
	enter_others(options.attendance, NULL, false);
	CHECK(removed == 0 || removed == wanted);
	attendance_destroy(&options.attendance);
	tls_server_release(&options.tls);
}

/* As written, and what has gone then. */
static void check_removed(const char *path)
{
	CHECK(talk_run(path, dialogue, NULL, stderr));
	if (!CHECK_NUMBER(removed, wanted))
		fprintf(stderr, "%s\n", path);
}

CASE("transcripts, cut at every byte, hung up after every line")
{
	CHECK(talk_check_folder(TALKS, dialogue, NULL, stderr));
}

static void each(const char *pattern, void (*check)(const char *path))
{
	glob_t found;

	CHECK(glob(pattern, 0, NULL, &found) == 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check(found.gl_pathv[i]);
	globfree(&found);
}

CASE("what has gone at the end, and that nothing has otherwise")
{
	each(TALKS "/*.talk", check_removed);
	each(TALKS "_once/*.talk", check_removed);
}

static void check_once(const char *path)
{
	for (size_t line = 1; line <= talk_lines(path, stderr); line++)
		CHECK(talk_run_disconnect(path, line, dialogue, NULL, stderr));
}

/* Where it matters what arrives together, cuts change what is right. */
CASE("transcripts of clients that speak before their turn")
{
	each(TALKS "_once/*.talk", check_once);
}

int main(void)
{
	texts[0] = SLICE("Subject: one\r\n\r\nHello\r\n");
	texts[1] = SLICE("Subject: two\r\nFrom: a@b.example\r\n\r\n.first\r\n"
			 "second\r\n..\r\n.\r\nlast\r\n");
	texts[2] = SLICE_EMPTY;
	texts[3] = SLICE("Subject: four\r\n\r\nno end");
	return check_run();
}
