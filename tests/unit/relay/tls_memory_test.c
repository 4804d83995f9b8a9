/* Hosts with broken TLS: how long they are remembered, and how many. */
#include "policy/tls_memory.h"

#include <stdio.h>

#include "check.h"

CASE("a host and a port, until the time is over or TLS has worked")
{
	struct tls_memory *memory = tls_memory_create();
	struct slice a = SLICE("a.test"), b = SLICE("b.test");

	CHECK(!tls_memory_is_broken(memory, a, 25, 0));
	CHECK(tls_memory_note(memory, a, 25, 0, 100));
	CHECK(!tls_memory_note(memory, a, 25, 50, 200));
	CHECK(tls_memory_is_broken(memory, a, 25, 199));
	CHECK(!tls_memory_is_broken(memory, a, 26, 199));
	CHECK(!tls_memory_is_broken(memory, b, 25, 199));
	CHECK(!tls_memory_is_broken(memory, a, 25, 200));
	CHECK_NUMBER(tls_memory_count(memory), 0);
	CHECK(tls_memory_note(memory, a, 25, 200, 300));
	CHECK(tls_memory_note(memory, b, 25, 200, 300));
	tls_memory_clear(memory, a, 25);
	CHECK(!tls_memory_is_broken(memory, a, 25, 250));
	CHECK(tls_memory_is_broken(memory, b, 25, 250));
	tls_memory_destroy(&memory);
	CHECK(!memory);
}

CASE("no more than so many, the first go")
{
	struct tls_memory *memory = tls_memory_create();
	char name[32];

	for (unsigned i = 0; i < TLS_MEMORY_MAX + 100; i++) {
		snprintf(name, sizeof(name), "mx%u.test", i);
		tls_memory_note(memory, slice_of(name), 25, 0, 100);
	}
	CHECK_NUMBER(tls_memory_count(memory), TLS_MEMORY_MAX);
	CHECK(!tls_memory_is_broken(memory, SLICE("mx99.test"), 25, 1));
	CHECK(tls_memory_is_broken(memory, SLICE("mx100.test"), 25, 1));
	tls_memory_destroy(&memory);
}

CHECK_MAIN()
