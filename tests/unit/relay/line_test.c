/* The line of a site: exact shares, what goes first, and that nobody starves. */
#include "relay/line.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

struct item {
	struct link link;
	char flow; /* the first letter of its tenant, or as the test says */
	int priority;
	unsigned number;
};

static struct line_flow *flow_of(
	struct line *line, const char *name, unsigned weight, bool urgent)
{
	struct line_terms terms = {weight, weight, urgent};

	return line_flow(line, slice_of(name), &terms);
}

static struct item *add(struct line *line, struct line_flow *flow, int priority)
{
	static unsigned number;
	struct item *item = NEW(struct item);

	item->flow = flow->name.size ? flow->name.at[0] : '-';
	item->priority = priority;
	item->number = ++number;
	line_add(line, flow, priority, &item->link);
	return item;
}

static void add_many(struct line *line, struct line_flow *flow, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(line, flow, 0);
}

/* The next one; what is taken is counted by its letter, and freed. */
static char take(struct line *line, size_t counts[128])
{
	struct line_look look = {0};
	struct link *link = line_take(line, &look);
	struct item *item;
	char flow;

	if (!link)
		return 0;
	item = CONTAINER_OF(link, struct item, link);
	flow = item->flow;
	if (counts)
		counts[(unsigned char)flow]++;
	memory_free(item);
	return flow;
}

static void take_many(struct line *line, size_t count, size_t counts[128])
{
	memset(counts, 0, 128 * sizeof(*counts));
	while (count--)
		CHECK(take(line, counts));
}

static void finish(struct line *line)
{
	while (take(line, NULL))
		;
	CHECK_NUMBER(line->count, 0);
	line_finish(line);
}

CASE("one flow: first come, first served; the same for mail of nobody")
{
	static const char *const names[] = {"", "acme/bulk"};

	for (size_t n = 0; n < ARRAY_COUNT(names); n++) {
		struct line line;
		struct line_flow *flow;
		unsigned before = 0;

		line_init(&line);
		CHECK(!line_find(&line, slice_of(names[n])));
		flow = flow_of(&line, names[n], 10, false);
		CHECK(line_find(&line, slice_of(names[n])) == flow);
		add_many(&line, flow, 50);
		for (size_t i = 0; i < 50; i++) {
			struct line_look look = {0};
			struct item *item = CONTAINER_OF(
				line_take(&line, &look), struct item, link);

			CHECK(look.flow == flow);
			CHECK(item->number > before);
			before = item->number;
			memory_free(item);
		}
		CHECK(!take(&line, NULL));
		finish(&line);
	}
}

CASE("equal weights: exactly equal shares, whatever the backlogs")
{
	struct line line;
	size_t counts[128];

	line_init(&line);
	add_many(&line, flow_of(&line, "a/bulk", 10, false), 5000);
	add_many(&line, flow_of(&line, "b/bulk", 10, false), 600);
	add_many(&line, flow_of(&line, "", 10, false), 700);
	take_many(&line, 1500, counts);
	CHECK_NUMBER(counts['a'], 500);
	CHECK_NUMBER(counts['b'], 500);
	CHECK_NUMBER(counts['-'], 500);
	/* b ends after 600, the rest is shared by the two that are left. */
	take_many(&line, 500, counts);
	CHECK_NUMBER(counts['b'], 100);
	CHECK_NUMBER(counts['a'] + counts['-'], 400);
	CHECK_NUMBER(counts['-'], 200);
	finish(&line);
}

CASE("weights are kept exactly, and a tenant's streams share its turn")
{
	struct line line;
	size_t counts[128];
	struct line_flow *bulk, *news;

	line_init(&line);
	add_many(&line, flow_of(&line, "a/x", 30, false), 3000);
	add_many(&line, flow_of(&line, "b/x", 10, false), 3000);
	bulk = line_flow(&line, SLICE("c/bulk"), &(struct line_terms){20, 3, false});
	news = line_flow(&line, SLICE("c/news"), &(struct line_terms){20, 1, false});
	add_many(&line, bulk, 3000);
	add_many(&line, news, 3000);
	take_many(&line, 2400, counts);
	CHECK_NUMBER(counts['a'], 1200);
	CHECK_NUMBER(counts['b'], 400);
	CHECK_NUMBER(counts['c'], 800);
	CHECK_NUMBER(bulk->count, 3000 - 600);
	CHECK_NUMBER(news->count, 3000 - 200);
	finish(&line);
}

CASE("urgent goes first; one turn in twenty is another's")
{
	struct line line;
	size_t counts[128];

	line_init(&line);
	add_many(&line, flow_of(&line, "b/bulk", 10, false), 500);
	CHECK_NUMBER(take(&line, NULL), 'b');
	add_many(&line, flow_of(&line, "u/transactional", 10, true), 1000);
	CHECK_NUMBER(take(&line, NULL), 'u');
	take_many(&line, 20 * 40, counts);
	CHECK_NUMBER(counts['u'], 19 * 40);
	CHECK_NUMBER(counts['b'], 40);
	/* Nothing is lost on it where only one of the two waits. */
	take_many(&line, 239, counts);
	CHECK(counts['u'] >= 226);
	finish(&line);
}

CASE("urgent tenants share by weight, too")
{
	struct line line;
	size_t counts[128];

	line_init(&line);
	add_many(&line, flow_of(&line, "a/t", 10, true), 1000);
	add_many(&line, flow_of(&line, "b/t", 5, true), 1000);
	take_many(&line, 150, counts);
	CHECK_NUMBER(counts['a'], 100);
	CHECK_NUMBER(counts['b'], 50);
	finish(&line);
}

CASE("priority: the highest of a flow first, all of them")
{
	struct line line;
	struct line_flow *flow;

	line_init(&line);
	flow = flow_of(&line, "a/bulk", 10, false);
	for (int priority = -9; priority <= 9; priority++)
		add(&line, flow, priority);
	CHECK_NUMBER(flow->ahead, 9);
	for (int priority = 9; priority >= -9; priority--) {
		struct line_look look = {0};
		struct item *item = CONTAINER_OF(
			line_take(&line, &look), struct item, link);

		CHECK_NUMBER(item->priority, priority);
		memory_free(item);
	}
	CHECK_NUMBER(flow->ahead, 0);
	CHECK_NUMBER(flow->levels, 0);
	finish(&line);
}

CASE("what is put back is the next of its flow, and costs no turn")
{
	struct line line;
	struct line_flow *a;
	size_t counts[128];

	line_init(&line);
	a = flow_of(&line, "a/x", 2, false);
	add_many(&line, a, 500);
	add_many(&line, flow_of(&line, "b/x", 2, false), 500);
	for (size_t i = 0; i < 100; i++) {
		struct line_look look = {0}, again = {0};
		struct link *link = line_take(&line, &look);

		line_put_back(&line, look.flow, 0, link);
		if (i % 4 == 0)
			CHECK(line_peek(&line, &again) != NULL);
	}
	CHECK_NUMBER(line.count, 1000);
	take_many(&line, 400, counts);
	CHECK(counts['a'] >= 196 && counts['a'] <= 204);
	finish(&line);
	line_init(&line);
	a = flow_of(&line, "a/x", 2, false);
	add(&line, a, 5);
	{
		struct line_look look = {0};
		struct link *link = line_take(&line, &look);
		struct item *first = CONTAINER_OF(link, struct item, link);

		add(&line, a, 5);
		line_put_back(&line, a, 5, link);
		look = (struct line_look){0};
		CHECK(line_peek(&line, &look) == &first->link);
	}
	finish(&line);
}

CASE("a tenant that may not now is passed over, each once, urgent or not")
{
	struct line line;
	struct line_look look = {0};
	char seen[8] = "";
	size_t count = 0;

	line_init(&line);
	add_many(&line, flow_of(&line, "a/x", 10, false), 3);
	add_many(&line, flow_of(&line, "b/x", 10, false), 3);
	add_many(&line, flow_of(&line, "u/x", 10, true), 3);
	add_many(&line, flow_of(&line, "v/x", 10, true), 3);
	for (struct link *link; count < 7 && (link = line_peek(&line, &look));) {
		seen[count++] = CONTAINER_OF(link, struct item, link)->flow;
		line_pass(&line, &look);
	}
	CHECK_SLICE(slice_of(seen), "uvab");
	look = (struct line_look){0};
	CHECK(line_peek(&line, &look) != NULL);
	line_pass(&line, &look);
	{
		struct link *link = line_take(&line, &look);

		CHECK_NUMBER(CONTAINER_OF(link, struct item, link)->flow, 'v');
		memory_free(CONTAINER_OF(link, struct item, link));
	}
	finish(&line);
}

CASE("room: all of it for one, a part for each of many, urgent apart")
{
	struct line line;
	struct line_flow *a, *b;
	char name[16];

	line_init(&line);
	CHECK_NUMBER(line_room(&line, NULL, false, 0, 1000), 1000);
	a = flow_of(&line, "a/bulk", 10, false);
	add_many(&line, a, 1000);
	CHECK_NUMBER(line_room(&line, a, false, 0, 1000), 0);
	CHECK_NUMBER(line_room(&line, a, false, 1, 1000), 1000);
	CHECK_NUMBER(line_room(&line, NULL, false, 0, 1000), 500);
	CHECK_NUMBER(line_room(&line, NULL, true, 0, 1000), 1000);
	CHECK(!line_wants(&line, a, 1000));
	b = flow_of(&line, "b/bulk", 10, false);
	add_many(&line, b, 400);
	CHECK_NUMBER(line_room(&line, b, false, 0, 1000), 100);
	CHECK(!line_wants(&line, b, 1000));
	CHECK(line_wants(&line, b, 2000));
	for (size_t i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "t%zu/bulk", i);
		add(&line, flow_of(&line, name, 10, false), 0);
	}
	CHECK_NUMBER(line_room(&line, NULL, false, 0, 1000), LINE_SHARE_LEAST);
	finish(&line);
}

CASE("thousands of flows that come and go leave nothing behind")
{
	struct line line;
	char name[32];

	line_init(&line);
	for (size_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "t%zu/%s", i, i % 3 ? "bulk" : "now");
		add(&line, flow_of(&line, name, 1 + (unsigned)i % 7, i % 3 == 0), 0);
		if (i % 2)
			CHECK(take(&line, NULL) != 0);
	}
	CHECK_NUMBER(line.count, 2500);
	CHECK(line.flows.count <= 2500 + 70);
	while (take(&line, NULL))
		;
	for (size_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%zu/bulk", i);
		flow_of(&line, name, 1, false);
	}
	CHECK(line.flows.count <= 70);
	CHECK(line.tenants.count <= 70);
	finish(&line);
}

CASE("emptied: everything comes out once, also who waits for room")
{
	struct line line;
	struct list waiting, room;
	struct link waiters[3] = {{NULL, NULL}};
	struct line_flow *a;

	line_init(&line);
	list_init(&waiting);
	list_init(&room);
	a = flow_of(&line, "a/bulk", 10, false);
	add_many(&line, a, 10);
	add(&line, a, 3);
	add(&line, flow_of(&line, "", 10, false), 0);
	add(&line, flow_of(&line, "u/t", 10, true), 0);
	for (size_t i = 0; i < 3; i++)
		list_append(i ? &a->room : &flow_of(&line, "b/x", 1, false)->room,
			&waiters[i]);
	line_empty(&line, &waiting);
	line_rooms(&line, &room);
	CHECK_NUMBER(line.count, 0);
	CHECK_NUMBER(list_count(&waiting), 13);
	CHECK_NUMBER(list_count(&room), 3);
	CHECK(!take(&line, NULL));
	for (struct link *link; (link = list_take(&waiting));)
		memory_free(CONTAINER_OF(link, struct item, link));
	add(&line, a, 0);
	CHECK_NUMBER(take(&line, NULL), 'a');
	finish(&line);
}

static bool is_odd(void *context, const struct link *link)
{
	++*(size_t *)context;
	return CONTAINER_OF(link, struct item, link)->number % 2;
}

CASE("what is sifted out leaves the others in their order and the counts right")
{
	struct line line;
	struct line_flow *flows[3];
	struct list out;
	struct link *link;
	size_t asked = 0, left = 0;
	unsigned last = 0;

	line_init(&line);
	list_init(&out);
	flows[0] = flow_of(&line, "", 10, false);
	flows[1] = flow_of(&line, "a/x", 10, true);
	flows[2] = flow_of(&line, "b/x", 10, false);
	for (unsigned i = 0; i < 300; i++)
		add(&line, flows[i % 3], (int)(i % 19) - 9);
	line_sift(&line, is_odd, &asked, &out);
	CHECK_NUMBER(asked, 300);
	CHECK_NUMBER(list_count(&out), 150);
	CHECK_NUMBER(line.count, 150);
	CHECK_NUMBER(flows[0]->count + flows[1]->count + flows[2]->count, 150);
	while ((link = list_take(&out)))
		memory_free(CONTAINER_OF(link, struct item, link));
	for (struct line_look look = {0}; (link = line_take(&line, &look));
		look = (struct line_look){0}) {
		struct item *item = CONTAINER_OF(link, struct item, link);

		left += item->number % 2 == 0;
		if (item->flow == '-' && item->priority == 9) {
			CHECK(item->number > last);
			last = item->number;
		}
		memory_free(item);
	}
	CHECK_NUMBER(left, 150);
	CHECK_NUMBER(flows[0]->ahead + flows[1]->ahead + flows[2]->ahead, 0);
	finish(&line);
}

/* Against a model: what is taken is never more than a turn away from its share. */
CASE("two thousand tenants of random weights: each within one turn of its share")
{
	enum { TENANTS = 2000 };
	struct line line;
	unsigned weights[TENANTS];
	struct line_flow *flows[TENANTS];
	size_t rounds = 3, sum = 0, taken[TENANTS];
	char name[16];

	line_init(&line);
	srand(7);
	for (size_t i = 0; i < TENANTS; i++) {
		weights[i] = 1 + (unsigned)rand() % 5;
		sum += weights[i];
		snprintf(name, sizeof(name), "t%zu/x", i);
		flows[i] = flow_of(&line, name, weights[i], false);
		add_many(&line, flows[i], 5 * rounds + 5);
		taken[i] = flows[i]->count;
	}
	for (size_t i = 0; i < rounds * sum; i++)
		take(&line, NULL);
	for (size_t i = 0; i < TENANTS; i++)
		if (!CHECK_NUMBER(taken[i] - flows[i]->count, rounds * weights[i]))
			break;
	finish(&line);
}

CHECK_MAIN()
