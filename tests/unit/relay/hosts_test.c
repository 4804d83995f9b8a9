/* MX hosts in their order (RFC 5321 5.1), and what is left out. */
#include "check.h"
#include "relay/hosts.h"

/* "10 a, 5 b" → the order as "b a". */
static struct slice order(const char *records, char *text, size_t size)
{
	struct mx_host list[100];
	struct slice rest = slice_of(records);
	size_t count = 0, used = 0;

	while (rest.size) {
		struct slice name = slice_trim(slice_cut(&rest, ','));
		uint64_t preference = 0;

		slice_to_u64(slice_cut(&name, ' '), &preference);
		list[count++] = (struct mx_host){name, (unsigned)preference};
	}
	count = hosts_order(list, count, SLICE("me.test"));
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%.*s",
			i ? " " : "", SLICE_PRINT(list[i].name));
	return slice_make(text, used);
}

CASE("order")
{
	static const char *const table[][2] = {
		{"10 a.test", "a.test"},
		{"20 b.test, 10 a.test", "a.test b.test"},
		/* Equal ones by name here; chance decides when connecting. */
		{"10 c.test, 10 a.test, 10 b.test", "a.test b.test c.test"},
		{"10 a.test, 20 a.test, 30 b.test", "a.test b.test"},
		/* We are one: the worse and the equal ones are not for us. */
		{"10 a.test, 20 me.test, 30 b.test", "a.test"},
		{"10 a.test, 20 ME.test, 20 b.test, 20 zz.test", "a.test"},
		{"10 me.test", ""},
		{"10 me.test, 20 b.test", ""},
		{"0 a.test, 65535 b.test", "a.test b.test"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char text[500];

		CHECK_SLICE(order(table[i][0], text, sizeof(text)), table[i][1]);
	}
}

CASE("a thousand MX")
{
	static struct mx_host list[1000];
	static char names[1000][16];

	for (unsigned i = 0; i < 1000; i++) {
		int size = snprintf(names[i], sizeof(names[i]), "mx%03u.test", 999 - i);

		list[i] = (struct mx_host){slice_make(names[i], (size_t)size), 999 - i};
	}
	CHECK_NUMBER(hosts_order(list, 1000, SLICE("me.test")), HOSTS_MAX);
	CHECK_SLICE(list[0].name, "mx000.test");
	CHECK_SLICE(list[HOSTS_MAX - 1].name, "mx019.test");
}

CASE("a thousand MX, and we are the worst")
{
	static struct mx_host list[1000];
	static char names[1000][16];

	for (unsigned i = 0; i < 1000; i++) {
		int size = snprintf(names[i], sizeof(names[i]), "mx%03u.test", i);

		list[i] = (struct mx_host){slice_make(names[i], (size_t)size), i};
	}
	list[999].name = SLICE("me.test");
	CHECK_NUMBER(hosts_order(list, 1000, SLICE("me.test")), HOSTS_MAX);
}

CHECK_MAIN()
