/* Transcripts: who sees what, what is kept for later, what is never shown. */
#include "../check.h"

#include "../clock_virtual.h"
#include "base/buffer.h"
#include "base/failure.h"
#include "run/fiber.h"
#include "run/virtual.h"
#include "run/worker.h"
#include "transcript/blank.h"
#include "transcript/watch.h"

/* ---- What a client's line may show ---- */

CASE("commands that are known are shown; of AUTH the mechanism; of others their size")
{
	static const char *const cases[][2] = {
		{"MAIL FROM:<a@b> SIZE=3", "MAIL FROM:<a@b> SIZE=3"},
		{"quit", "quit"},
		{"AUTH PLAIN AGEAYg==", "AUTH PLAIN [8 bytes]"},
		{"auth login", "AUTH LOGIN"},
		{"AUTH PLAINAGEAYg==", "AUTH [14 bytes]"},
		{"AUTH SECRET", "AUTH [7 bytes]"},
		{"AUTH\tPLAIN AGEAYg==", "[19 bytes that are no command]"},
		{" AUTH PLAIN AGEAYg==", "[20 bytes that are no command]"},
		{"AGEAYg==", "[8 bytes that are no command]"},
		{"", "[0 bytes that are no command]"},
	};
	char text[BLANK_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_SLICE(blank_command(slice_of(cases[i][0]), text), cases[i][1]);
}

CASE("a reply that quotes a secret is found; a short one is no secret")
{
	const struct slice secrets[] = {SLICE("abc"), SLICE("sesame")};

	CHECK(blank_is_quoted(SLICE("535 no: sesame"), secrets, 2));
	CHECK(!blank_is_quoted(SLICE("535 no: sesam abc"), secrets, 2));
	CHECK(!blank_is_quoted(SLICE_EMPTY, secrets, 2));
}

/* ---- Targets ---- */

CASE("what a target holds for")
{
	static const unsigned char peer[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 7};
	static const struct {
		const char *target, *value;
		enum transcript_fact fact;
		bool is;
	} cases[] = {
		{"x.test", "a@X.test", TRANSCRIPT_RECIPIENT, true},
		{"x.test", "a@b.x.test", TRANSCRIPT_RECIPIENT, false},
		{"x.test", "a@x.test", TRANSCRIPT_SENDER, false},
		{"x.test", "x.test", TRANSCRIPT_DOMAIN, true},
		{"x.test", "x.test", TRANSCRIPT_WAITING, true},
		{"a@x.test", "x.test", TRANSCRIPT_WAITING, true},
		{"A@x.test", "a@x.test", TRANSCRIPT_SENDER, true},
		{"<a@x.test>", "a@x.test", TRANSCRIPT_RECIPIENT, true},
		{"a@x.test", "b@x.test", TRANSCRIPT_RECIPIENT, false},
		{"a@x.test", "a@x.test", TRANSCRIPT_ACCOUNT, true},
		{"shop", "shop", TRANSCRIPT_ACCOUNT, true},
		{"mx2.test", "mx1.test,mx2.test;mx3.test", TRANSCRIPT_SITE, true},
		{"mx3.test", "mx1.test,mx2.test;mx3.test", TRANSCRIPT_SITE, true},
		{"mx1.test,mx2.test", "mx1.test,mx2.test", TRANSCRIPT_SITE, true},
		{"mx", "mx1.test", TRANSCRIPT_SITE, false},
		{"mx1.test", "MX1.test", TRANSCRIPT_HOST, true},
		{"1m80aa0t102gvkky", "1m80aa0t102gvkky", TRANSCRIPT_ID, true},
		{"x.test", "", TRANSCRIPT_RECIPIENT, false},
	};
	struct transcript_target target;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(transcript_target_parse(slice_of(cases[i].target), &target));
		if (!CHECK(transcript_target_is(&target, cases[i].fact,
				   slice_of(cases[i].value)) == cases[i].is))
			fprintf(stderr, "  %s, %s\n", cases[i].target, cases[i].value);
	}
	CHECK(transcript_target_parse(SLICE("192.0.2.0/24"), &target));
	CHECK(transcript_target_is(&target, TRANSCRIPT_PEER, slice_make(peer, 16)));
	CHECK(!transcript_target_is(&target, TRANSCRIPT_HOST, SLICE("192.0.2.0/24")));
	CHECK(transcript_target_parse(SLICE("192.0.2.8"), &target));
	CHECK(!transcript_target_is(&target, TRANSCRIPT_PEER, slice_make(peer, 16)));
	CHECK(!transcript_target_parse(SLICE(" "), &target));
}

/* ---- Sessions and watches ---- */

static void (*body)(void);

static void run_body(void *arg)
{
	(void)arg;
	body();
	transcript_stop();
	CHECK(!transcript_wanted());
}

static void in_worker(void (*what)(void))
{
	static const struct worker_options options = {.index = 0};
	struct worker *worker = worker_create(&options);

	body = what;
	worker_run(worker, run_body, NULL);
	worker_destroy(&worker);
}

static struct transcript_watch *watch_for(const char *name, const char *target)
{
	struct transcript_wish wish = {
		.name = slice_of(name), .incoming = true, .outgoing = true};

	CHECK(transcript_target_parse(slice_of(target), &wish.target));
	return transcript_watch_hold(&wish);
}

static void add(void *context, const struct transcript_line *line)
{
	buffer_append_format(context, "%s%.*s", buffer_size(context) ? "|" : "",
		SLICE_PRINT(line->text));
}

static void check_seen(struct transcript_watch *watch, const char *want)
{
	struct buffer seen = {0};

	CHECK_NUMBER(transcript_watch_take(watch, SIZE_MAX, add, &seen), 0);
	CHECK_SLICE(buffer_contents(&seen), want);
	buffer_finish(&seen);
}

static void say(struct transcript *session, uint64_t message, const char *text)
{
	transcript_say(session, message, TRANSCRIPT_OURS, slice_of(text));
}

static void one_of_two(void)
{
	struct transcript_watch *x = watch_for("1", "x.test"),
				*late = watch_for("2", "z.test"),
				*host = watch_for("3", "mx.test");
	struct transcript *session = transcript_open(false, SLICE("it"));
	uint64_t first, second;

	say(session, 0, "220 hello\r\n");
	transcript_know(session, 0, TRANSCRIPT_HOST, SLICE("mx.test"));
	first = transcript_message(session);
	say(session, first, "one");
	second = transcript_message(session);
	say(session, second, "two\r\ntoo\r\n");
	transcript_know(session, second, TRANSCRIPT_RECIPIENT, SLICE("a@x.test"));
	transcript_know(session, second, TRANSCRIPT_RECIPIENT, SLICE("b@x.test"));
	say(session, first, "one more");
	say(session, second, "two more");
	transcript_message_end(session, first);
	transcript_message_end(session, second);
	say(session, second, "of nobody");
	check_seen(x, "220 hello|two|too|two more");
	say(session, 0, "QUIT");
	check_seen(x, "QUIT");
	check_seen(late, "");
	check_seen(host, "220 hello|one|two|too|one more|two more|of nobody|QUIT");
	/* Who comes late sees the session as it began, and what follows. */
	first = transcript_message(session);
	transcript_know(session, first, TRANSCRIPT_RECIPIENT, SLICE("c@z.test"));
	say(session, first, "three");
	check_seen(late, "220 hello|QUIT|three");
	check_seen(x, "");
	late = watch_for("4", "mx.test");
	say(session, 0, "221");
	check_seen(late, "220 hello|QUIT|three|221");
	transcript_close(&session);
	transcript_close(&session);
}

CASE("a message that is asked for is seen with what is of none; a host's are all")
{
	in_worker(one_of_two);
}

static void very_many(void)
{
	struct transcript_watch *watch = watch_for("1", "x.test");
	struct transcript *session = transcript_open(true, SLICE("it"));
	uint64_t message = transcript_message(session);
	struct buffer seen = {0};
	char text[2000];

	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "RCPT TO:<%d>", i);
		say(session, message, text);
	}
	transcript_know(session, message, TRANSCRIPT_RECIPIENT, SLICE("a@x.test"));
	transcript_watch_take(watch, SIZE_MAX, add, &seen);
	CHECK(slice_starts(buffer_contents(&seen), SLICE("RCPT TO:<0>|RCPT TO:<1>|")));
	CHECK(slice_ends(buffer_contents(&seen),
		SLICE("RCPT TO:<4999>|4940 lines before this were not kept")));
	buffer_clear(&seen);
	/* A line is cut; controls are not passed on. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	text[0] = '\033';
	say(session, message, text);
	transcript_watch_take(watch, 1, add, &seen);
	CHECK_NUMBER(buffer_size(&seen), 1000);
	CHECK(slice_starts(buffer_contents(&seen), SLICE("?xx")));
	/* Who does not take his lines loses some. */
	for (int i = 0; i < 2000; i++)
		say(session, message, text);
	CHECK(transcript_watch_take(watch, SIZE_MAX, add, &seen) > 500);
	CHECK(buffer_size(&seen) < 1100000);
	buffer_clear(&seen);
	CHECK_NUMBER(transcript_watch_take(watch, SIZE_MAX, add, &seen), 0);
	buffer_finish(&seen);
	transcript_close(&session);
}

CASE("bounds: lines of a message, a line, what waits for who watches")
{
	in_worker(very_many);
}

static void wound(void)
{
	char name[8];

	for (int i = 0; i < TRANSCRIPT_WATCHES_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		CHECK(watch_for(name, "x.test"));
	}
	CHECK(!watch_for("one more", "x.test"));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK(watch_for("3", "x.test"));
	transcript_watch_end(SLICE("3"));
	transcript_watch_end(SLICE("3"));
	CHECK(watch_for("one more", "x.test"));
	CHECK(!watch_for("", "x.test"));
	CHECK_NUMBER(transcript_watches, TRANSCRIPT_WATCHES_MAX);
}

CASE("there are sixteen; one that ends makes room")
{
	in_worker(wound);
}

static void wind(int64_t next_timer_us)
{
	clock_virtual_set(next_timer_us, next_timer_us / 1000);
}

static void nobody_asks(void)
{
	struct transcript *session = transcript_open(true, SLICE("it"));
	struct transcript_watch *asked = watch_for("1", "x.test");
	uint64_t message = transcript_message(session);

	watch_for("2", "x.test");
	transcript_know(session, message, TRANSCRIPT_RECIPIENT, SLICE("a@x.test"));
	fiber_sleep(deadline_after_ms(10000));
	CHECK(watch_for("1", "x.test") == asked);
	say(session, message, "one");
	CHECK_NUMBER(transcript_watches, 2);
	fiber_sleep(deadline_after_ms(10000));
	say(session, message, "two");
	CHECK_NUMBER(transcript_watches, 1);
	check_seen(asked, "one|two");
	/* Nothing that the next in its place gets to see by mistake. */
	check_seen(watch_for("3", "y.test"), "");
	say(session, message, "three");
	check_seen(watch_for("3", "y.test"), "");
	transcript_close(&session);
}

CASE("a watch that nobody asks for ends")
{
	worker_set_idle(wind);
	in_worker(nobody_asks);
	worker_set_idle(NULL);
}

CHECK_MAIN()
