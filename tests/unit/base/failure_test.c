/* Failures: formatting, slots, context. */
#include "check.h"

#include <errno.h>
#include <pthread.h>

#include "base/failure.h"

CASE("a failure is recorded, read and forgotten")
{
	failure_clear();
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
	CHECK_SLICE(slice_of(failure_last()->text), "");
	CHECK(!fail(FAILURE_LIMIT, "line longer than %d bytes", 512));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_SLICE(slice_of(failure_last()->text), "line longer than 512 bytes");
	failure_clear();
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
	CHECK_SLICE(slice_of(failure_last()->text), "");
}

CASE("with the reason of an errno")
{
	CHECK(!fail_errno(FAILURE_FILE, ENOENT, "open %s", "/a"));
	CHECK_NUMBER(failure_kind_last(), FAILURE_FILE);
	CHECK_SLICE(
		slice_of(failure_last()->text), "open /a: No such file or directory");
}

CASE("with context, from the inside out")
{
	fail(FAILURE_TLS, "certificate expired");
	CHECK(!fail_in("mx.example.com"));
	CHECK(!fail_in("relay"));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TLS);
	CHECK_SLICE(slice_of(failure_last()->text),
		"relay: mx.example.com: certificate expired");
}

CASE("made of its own text")
{
	fail(FAILURE_DNS, "no answer");
	fail(FAILURE_NETWORK, "gave up after: %s", failure_last()->text);
	CHECK_SLICE(slice_of(failure_last()->text), "gave up after: no answer");
}

CASE("a line that cannot break the log")
{
	fail(FAILURE_PROTOCOL, "said %s", "a\r\n\t\033[1m\177é");
	CHECK_SLICE(slice_of(failure_last()->text), "said a????[1m?é");
	fail_in("x\ny");
	CHECK_SLICE(slice_of(failure_last()->text), "x?y: said a????[1m?é");
}

CASE("too long a text is cut")
{
	char text[1000];
	size_t most = sizeof(failure_last()->text) - 1;

	memset(text, 'a', sizeof(text));
	text[999] = '\0';
	fail(FAILURE_DATA, "%s", text);
	CHECK_NUMBER(strlen(failure_last()->text), most);
	fail_in("context");
	CHECK_NUMBER(strlen(failure_last()->text), most);
	CHECK(slice_starts(slice_of(failure_last()->text), SLICE("context: aaa")));
	fail_in(text);
	CHECK_NUMBER(strlen(failure_last()->text), most);
	fail_errno(FAILURE_FILE, EIO, "%s", text);
	CHECK_NUMBER(strlen(failure_last()->text), most);
}

CASE("a saved failure becomes the current one again")
{
	struct failure saved;

	fail(FAILURE_STORE, "redis is loading");
	saved = *failure_last();
	fail(FAILURE_TIMEOUT, "quit took too long");
	CHECK(!fail_again(&saved));
	CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
	CHECK_SLICE(slice_of(failure_last()->text), "redis is loading");
	CHECK(!fail_again(failure_last()));
	CHECK_SLICE(slice_of(failure_last()->text), "redis is loading");
}

CASE("every fiber has its own")
{
	struct failure one = {0}, two = {0};

	failure_clear();
	failure_use_slot(&one);
	fail(FAILURE_TIMEOUT, "one");
	failure_use_slot(&two);
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
	fail(FAILURE_CLOSED, "two");
	failure_use_slot(&one);
	CHECK_SLICE(slice_of(failure_last()->text), "one");
	failure_use_slot(NULL);
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
	CHECK_NUMBER(one.kind, FAILURE_TIMEOUT);
	CHECK_NUMBER(two.kind, FAILURE_CLOSED);
}

static void *fail_elsewhere(void *unused)
{
	fail(FAILURE_DNS, "elsewhere");
	return NULL;
}

CASE("every thread has its own")
{
	pthread_t thread;

	failure_clear();
	pthread_create(&thread, NULL, fail_elsewhere, NULL);
	pthread_join(thread, NULL);
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
}

CASE("every kind has a name of its own")
{
	for (int i = FAILURE_NONE; i <= FAILURE_DATA; i++)
		for (int k = FAILURE_NONE; k < i; k++)
			CHECK(strcmp(failure_kind_name((enum failure_kind)i),
				      failure_kind_name((enum failure_kind)k)) != 0);
	CHECK_SLICE(slice_of(failure_kind_name(FAILURE_FENCED)), "fenced");
	CHECK_SLICE(slice_of(failure_kind_name((enum failure_kind)99)), "unknown");
}

CHECK_MAIN()
