/* Whose turn it is in a pool: shares, runs, and members that are out. */
#include "base/config.h"
#include "check.h"
#include "relay/pool.h"
#include "base/memory.h"
#include "relay/relay.h"

#define POOLS                                                                    \
	"hostname: a.test\nlisteners: []\n"                                      \
	"sources: [{ name: a }, { name: b }, { name: c }]\n"                     \
	"pools:\n"                                                               \
	"- { name: p, members: [{ source: a, weight: 6 }, { source: b, weight: " \
	"3 },\n    { source: c }], overflow: q }\n"                              \
	"- { name: q, members: [{ source: c }] }\n"

static struct relay_node *node;
static struct config *config;
static struct sources *sources;
static struct pool *p;
static char out; /* the member that is out: its letter */
static unsigned given[3], changes, asked;
static struct source *last;

static void open_pools(void)
{
	char *errors = NULL;

	node = relay_node_create();
	config = config_parse_text("t.yaml", slice_of(POOLS), &errors);
	CHECK(config != NULL);
	sources = sources_create(config, node);
	p = sources_pool(sources, "p");
	out = 0;
	last = NULL;
}

static void close_pools(void)
{
	sources_release(&sources);
	config_release(&config);
	relay_node_destroy(&node);
}

static bool usable(void *context, struct source *source)
{
	asked++;
	return source->name.at[0] != out && out != '*';
}

static void give(struct choice *choice, unsigned times)
{
	memset(given, 0, sizeof(given));
	changes = asked = 0;
	for (unsigned i = 0; i < times; i++) {
		struct source *source = choice_next(choice, usable, NULL);

		given[source - sources->list]++;
		changes += source != last;
		last = source;
	}
}

static bool is_about(unsigned number, unsigned wanted, unsigned off)
{
	bool about = number + off >= wanted && number <= wanted + off;

	if (!about)
		fprintf(stderr, "%u, not %u\n", number, wanted);
	return about;
}

CASE("over some runs the shares are as the weights")
{
	struct choice *choice;

	open_pools();
	choice = choice_hold(p, SLICE("mx.test"));
	give(choice, 10000);
	CHECK(is_about(given[0], 6000, 2 * POOL_RUN));
	CHECK(is_about(given[1], 3000, 2 * POOL_RUN));
	CHECK(is_about(given[2], 1000, 2 * POOL_RUN));
	CHECK(changes <= 10000 / POOL_RUN + 1);
	/* Nearly always it is the one that has its turn who is asked. */
	CHECK(asked <= 10000 + 3 * changes);
	choice_release(&choice);
	close_pools();
}

CASE("many choices of one message each are shared by weight, too")
{
	unsigned begun[3] = {0};

	open_pools();
	for (unsigned i = 0; i < 10000; i++) {
		struct choice *choice = choice_hold(p, SLICE("mx.test"));

		begun[choice_next(choice, usable, NULL) - sources->list]++;
		choice_release(&choice);
	}
	CHECK(is_about(begun[0], 6000, 400));
	CHECK(is_about(begun[1], 3000, 400));
	CHECK(is_about(begun[2], 1000, 300));
	CHECK_NUMBER(p->choices.count, 0);
	close_pools();
}

CASE("who is out is left out, at once, and does not make up for all of it after")
{
	struct choice *choice;

	open_pools();
	choice = choice_hold(p, SLICE("mx.test"));
	out = 'a';
	give(choice, 4000);
	CHECK_NUMBER(given[0], 0);
	CHECK(is_about(given[1], 3000, 2 * POOL_RUN));
	CHECK(is_about(given[2], 1000, 2 * POOL_RUN));
	out = 0;
	give(choice, 1000);
	CHECK(given[0] >= 600 && given[0] < 900);
	out = '*';
	CHECK(choice_next(choice, usable, NULL) == NULL);
	choice_release(&choice);
	close_pools();
}

CASE("choices are shared by all who send to the same hosts")
{
	struct choice *one, *same, *other;

	open_pools();
	one = choice_hold(p, SLICE("mx.test"));
	same = choice_hold(p, SLICE("mx.test"));
	other = choice_hold(p, SLICE("mx.example"));
	CHECK(one == same && one != other);
	choice_release(&one);
	choice_release(&same);
	choice_release(&other);
	CHECK(p->overflow == sources_pool(sources, "q"));
	CHECK_NUMBER(sources_pool(sources, NULL)->count, 3);
	close_pools();
}

CHECK_MAIN()
