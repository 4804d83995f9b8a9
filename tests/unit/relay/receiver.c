/* A simulated receiver and sender, a millisecond at a time. */
#include "receiver.h"

#include <string.h>

#include "react/ceiling.h"
#include "react/stint.h"
#include "react/tempo.h"

#define TICK_US	 1000
#define BEGIN_US INT64_C(1000000000)

struct line {
	int64_t busy_until_us; /* 0: free */
	int64_t began_us;
	int64_t open_us; /* when it is, if it is not yet; 0: no connection */
	uint64_t messages;
	bool accepted;
	bool cut;
};

struct world {
	const struct sending *sending;
	struct receiver_limits limits;
	struct receiver_report report;
	struct line lines[RECEIVER_CONNECTIONS_MAX];
	struct tempo tempo;
	struct ceiling ceiling;
	struct stint stint;
	double tokens, offered;
	uint64_t in_window;
	int64_t window_us, now_us, began_us;
};

static bool is_late(const struct world *world)
{
	return world->now_us - world->began_us >= world->sending->seconds * 500000;
}

/* The receiver's side. */
static bool takes_message(struct world *world)
{
	const struct receiver_limits *limits = &world->limits;

	if (limits->rate > 0 && world->tokens < 1)
		return false;
	if (limits->window && world->in_window >= limits->window)
		return false;
	world->tokens -= 1;
	world->in_window++;
	return true;
}

static double allowed_a_tick(const struct world *world)
{
	const struct receiver_limits *limits = &world->limits;
	size_t connections = world->sending->connections;
	double most = 1e12, each;

	if (limits->connections && limits->connections < connections)
		connections = limits->connections;
	each = (double)connections * TICK_US / (double)world->sending->reply_us;
	if (limits->rate > 0)
		most = limits->rate * TICK_US / 1e6;
	if (limits->window &&
		(double)limits->window * TICK_US / (double)limits->window_us < most)
		most = (double)limits->window * TICK_US / (double)limits->window_us;
	if (world->sending->demand > 0 && world->sending->demand * TICK_US / 1e6 < most)
		most = world->sending->demand * TICK_US / 1e6;
	return each < most ? each : most;
}

static void tick_receiver(struct world *world)
{
	struct receiver_limits *limits = &world->limits;
	double allowed = allowed_a_tick(world);

	world->tokens += limits->rate * TICK_US / 1e6;
	if (world->tokens > limits->burst)
		world->tokens = limits->burst;
	if (limits->window_us &&
		world->now_us - world->window_us >= limits->window_us) {
		world->window_us = world->now_us;
		world->in_window = 0;
	}
	world->report.ideal += allowed;
	if (is_late(world))
		world->report.late_ideal += allowed;
}

static size_t count_open(const struct world *world, bool all)
{
	size_t count = 0;

	for (size_t i = 0; i < world->sending->connections; i++)
		count += world->lines[i].open_us &&
			 (all || world->lines[i].open_us <= world->now_us);
	return count;
}

static void hear(struct world *world, struct line *line)
{
	bool late = is_late(world);

	line->busy_until_us = 0;
	if (line->cut) {
		stint_note_cut(&world->stint, line->messages, world->now_us);
		world->report.cut++;
		world->offered += 1;
		*line = (struct line){0};
	} else if (line->accepted) {
		world->report.accepted++;
		world->report.late_accepted += late;
		line->messages++;
		tempo_note_accepted(&world->tempo, line->began_us, world->now_us);
	} else {
		world->report.refused++;
		world->report.late_refused += late;
		world->offered += 1;
		tempo_note_refused(&world->tempo, line->began_us, world->now_us);
	}
}

static void say(struct world *world, struct line *line)
{
	uint64_t most = stint_most(&world->stint, world->now_us);

	if (most && line->messages >= most) {
		*line = (struct line){0};
		return;
	}
	if (world->offered < 1 || !tempo_take(&world->tempo, world->now_us))
		return;
	world->offered -= 1;
	line->began_us = world->now_us;
	line->busy_until_us = world->now_us + world->sending->reply_us;
	line->cut = world->limits.per_connection &&
		    line->messages >= world->limits.per_connection;
	line->accepted = !line->cut && takes_message(world);
}

static void connect_one(struct world *world, struct line *line)
{
	size_t open = count_open(world, false);

	if (!ceiling_allows(&world->ceiling, count_open(world, true), world->now_us))
		return;
	world->report.connects++;
	if (world->limits.connections &&
		count_open(world, true) >= world->limits.connections) {
		world->report.refused_connects++;
		ceiling_note_refused(&world->ceiling, open, world->now_us);
		return;
	}
	line->open_us = world->now_us + world->sending->reply_us;
}

static void tick_sender(struct world *world)
{
	const struct sending *sending = world->sending;

	if (sending->demand > 0)
		world->offered += sending->demand * TICK_US / 1e6;
	else
		world->offered = 1e9;
	for (size_t i = 0; i < sending->connections; i++) {
		struct line *line = &world->lines[i];

		if (line->busy_until_us && line->busy_until_us <= world->now_us)
			hear(world, line);
		if (line->open_us && line->open_us <= world->now_us &&
			!line->busy_until_us)
			say(world, line);
		if (!line->open_us && world->offered >= 1)
			connect_one(world, line);
	}
	ceiling_note_open(&world->ceiling, count_open(world, false), world->now_us);
}

struct receiver_report receiver_run(
	const struct receiver_limits *limits, const struct sending *sending)
{
	struct world world = {.sending = sending,
		.limits = *limits,
		.tokens = limits->burst,
		.now_us = BEGIN_US,
		.began_us = BEGIN_US,
		.window_us = BEGIN_US};
	int64_t end_us = BEGIN_US + sending->seconds * 1000000;

	for (; world.now_us < end_us; world.now_us += TICK_US) {
		if (sending->change_s &&
			world.now_us == BEGIN_US + sending->change_s * 1000000)
			world.limits = sending->other;
		tick_receiver(&world);
		tick_sender(&world);
	}
	return world.report;
}
