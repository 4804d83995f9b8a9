/* Lines: rings of tenants and of their flows, and whose turn it is in them. */
#include "relay/line.h"

#include <assert.h>

#include "base/memory.h"

#define IDLE_MAX 64 /* flows kept though nothing waits of them */

struct line_tenant {
	struct line_turn turn; /* among those of its class */
	struct line_class *class;
	struct slice key;  /* in the map of tenants */
	struct list flows; /* those something waits of */
	size_t holders;	   /* flows that there are */
};

void line_init(struct line *line)
{
	*line = (struct line){.count = 0};
	list_init(&line->urgent.tenants);
	list_init(&line->others.tenants);
	list_init(&line->idle);
}

/* The tenant of NAME in this class: "+acme" or "-acme". */
static struct line_tenant *hold_tenant(
	struct line *line, struct slice name, const struct line_terms *terms)
{
	char text[128] = {terms->urgent ? '+' : '-'};
	struct line_tenant *tenant;
	struct slice key;

	name = slice_part(name, 0, sizeof(text) - 1);
	for (size_t i = 0; i < name.size; i++)
		text[i + 1] = name.at[i];
	key = slice_make(text, name.size + 1);
	tenant = map_find(&line->tenants, key);
	if (!tenant) {
		tenant = NEW(struct line_tenant);
		tenant->key = slice_make(memory_copy_text(key), key.size);
		tenant->class = terms->urgent ? &line->urgent : &line->others;
		list_init(&tenant->flows);
		map_set(&line->tenants, tenant->key, tenant);
	}
	tenant->turn.weight = terms->tenant_weight;
	tenant->holders++;
	return tenant;
}

static void release_tenant(struct line *line, struct line_tenant *tenant)
{
	if (--tenant->holders > 0)
		return;
	assert(!link_is_linked(&tenant->turn.link));
	map_remove(&line->tenants, tenant->key);
	memory_free((void *)(uintptr_t)tenant->key.at);
	memory_free(tenant);
}

static void destroy_flow(struct line *line, struct line_flow *flow)
{
	assert(flow->count == 0 && list_is_empty(&flow->room));
	if (flow == line->plain) {
		line->plain = NULL;
	} else {
		map_remove(&line->flows, flow->name);
		if (link_is_linked(&flow->idle_link))
			line->idle_count--;
		list_remove(&flow->idle_link);
	}
	release_tenant(line, flow->tenant);
	memory_free((void *)(uintptr_t)flow->name.at);
	memory_free(flow);
}

void line_finish(struct line *line)
{
	struct map_cursor cursor = {0};
	struct slice name;
	void *flow;

	assert(line->count == 0);
	while (map_next(&line->flows, &cursor, &name, &flow))
		destroy_flow(line, flow);
	if (line->plain)
		destroy_flow(line, line->plain);
	map_finish(&line->flows);
	assert(line->tenants.count == 0);
	map_finish(&line->tenants);
}

struct line_flow *line_find(const struct line *line, struct slice name)
{
	return name.size ? map_find(&line->flows, name) : line->plain;
}

static struct line_flow *make_flow(
	struct line *line, struct slice name, const struct line_terms *terms)
{
	struct line_flow *flow = NEW(struct line_flow);
	struct slice rest = name;

	flow->name = slice_make(memory_copy_text(name), name.size);
	flow->urgent = terms->urgent;
	flow->turn.weight = terms->stream_weight;
	flow->tenant = hold_tenant(line, slice_cut(&rest, '/'), terms);
	list_init(&flow->room);
	for (unsigned level = 0; level < LINE_LEVELS; level++)
		list_init(&flow->waiting[level]);
	return flow;
}

static void set_idle(struct line *line, struct line_flow *flow)
{
	if (flow == line->plain || link_is_linked(&flow->idle_link))
		return;
	list_append(&line->idle, &flow->idle_link);
	line->idle_count++;
}

/* Those whose room the queue waits in stay. */
static void drop_idle(struct line *line)
{
	for (size_t looked = 0; line->idle_count > IDLE_MAX && looked < 2; looked++) {
		struct line_flow *flow = LIST_FIRST(
			&line->idle, struct line_flow, idle_link);

		list_remove(&flow->idle_link);
		if (list_is_empty(&flow->room)) {
			line->idle_count--;
			destroy_flow(line, flow);
		} else {
			list_append(&line->idle, &flow->idle_link);
		}
	}
}

struct line_flow *line_flow(
	struct line *line, struct slice name, const struct line_terms *terms)
{
	struct line_flow *flow = line_find(line, name);

	if (flow)
		return flow;
	drop_idle(line);
	flow = make_flow(line, name, terms);
	if (name.size == 0) {
		line->plain = flow;
	} else {
		map_set(&line->flows, flow->name, flow);
		set_idle(line, flow);
	}
	return flow;
}

static unsigned level_of(int priority)
{
	if (priority > 9)
		priority = 9;
	return priority < -9 ? LINE_LEVELS - 1 : (unsigned)(9 - priority);
}

/* Something waits of it again: it comes last, and in its turn. */
static void join(struct line *line, struct line_flow *flow)
{
	struct line_tenant *tenant = flow->tenant;

	if (link_is_linked(&flow->idle_link)) {
		list_remove(&flow->idle_link);
		line->idle_count--;
	}
	list_append(&tenant->flows, &flow->turn.link);
	tenant->class->flow_count++;
	if (link_is_linked(&tenant->turn.link))
		return;
	list_append(&tenant->class->tenants, &tenant->turn.link);
	tenant->class->tenant_count++;
}

static void leave(struct line *line, struct line_flow *flow)
{
	struct line_tenant *tenant = flow->tenant;

	list_remove(&flow->turn.link);
	flow->turn.left = 0;
	tenant->class->flow_count--;
	set_idle(line, flow);
	if (!list_is_empty(&tenant->flows))
		return;
	list_remove(&tenant->turn.link);
	tenant->turn.left = 0;
	tenant->class->tenant_count--;
}

static void note_added(struct line *line, struct line_flow *flow, int priority)
{
	flow->levels |= UINT32_C(1) << level_of(priority);
	flow->ahead += priority > 0;
	line->count++;
	if (flow->count++ == 0)
		join(line, flow);
}

void line_add(
	struct line *line, struct line_flow *flow, int priority, struct link *link)
{
	list_append(&flow->waiting[level_of(priority)], link);
	note_added(line, flow, priority);
}

/* Of a turn that has ended: the next one is longer. */
static void give_back(struct line_turn *turn)
{
	uint32_t left = (turn->left ? turn->left : turn->weight) + 1;

	turn->left = left < 2 * turn->weight ? left : 2 * turn->weight;
}

void line_put_back(
	struct line *line, struct line_flow *flow, int priority, struct link *link)
{
	list_prepend(&flow->waiting[level_of(priority)], link);
	note_added(line, flow, priority);
	give_back(&flow->turn);
	give_back(&flow->tenant->turn);
}

static struct line_class *other_class(struct line *line, const struct line_class *class)
{
	return class == &line->urgent ? &line->others : &line->urgent;
}

static struct line_class *class_in_turn(struct line *line)
{
	bool urgent = line->urgent.tenant_count > 0;

	if (urgent && line->others.tenant_count > 0)
		urgent = line->urgent_run < LINE_GUARD - 1;
	return urgent ? &line->urgent : &line->others;
}

struct link *line_peek(struct line *line, struct line_look *look)
{
	struct line_tenant *tenant;

	if (!look->class)
		look->class = class_in_turn(line);
	if (look->passed >= look->class->tenant_count) {
		if (look->other)
			return NULL;
		look->class = other_class(line, look->class);
		look->other = true;
		look->passed = 0;
	}
	tenant = LIST_FIRST(&look->class->tenants, struct line_tenant, turn.link);
	if (!tenant)
		return NULL;
	look->flow = LIST_FIRST(&tenant->flows, struct line_flow, turn.link);
	return look->flow->waiting[__builtin_ctz(look->flow->levels)].head.next;
}

/* To the end of the ring; what is left of its turn it keeps. */
static void go_last(struct list *ring, struct line_turn *turn)
{
	list_remove(&turn->link);
	list_append(ring, &turn->link);
}

void line_pass(struct line *line, struct line_look *look)
{
	(void)line;
	go_last(&look->class->tenants, &look->flow->tenant->turn);
	look->passed++;
}

/* A turn begins with the weight, and ends when it is used up. */
static void use_turn(struct list *ring, struct line_turn *turn)
{
	if (turn->left == 0)
		turn->left = turn->weight;
	if (--turn->left == 0)
		go_last(ring, turn);
}

struct link *line_take(struct line *line, struct line_look *look)
{
	struct link *link = line_peek(line, look);
	struct line_flow *flow = look->flow;
	unsigned level;

	if (!link)
		return NULL;
	level = (unsigned)__builtin_ctz(flow->levels);
	list_remove(link);
	if (list_is_empty(&flow->waiting[level]))
		flow->levels &= ~(UINT32_C(1) << level);
	flow->ahead -= level < 9;
	line->count--;
	if (look->class == &line->others || line->others.tenant_count == 0)
		line->urgent_run = 0;
	else
		line->urgent_run++;
	use_turn(&flow->tenant->flows, &flow->turn);
	use_turn(&look->class->tenants, &flow->tenant->turn);
	if (--flow->count == 0)
		leave(line, flow);
	return link;
}

/* The part of CAP that a flow of this class has, FLOW being one of them. */
static size_t share_of(
	const struct line *line, const struct line_flow *flow, bool urgent, size_t cap)
{
	const struct line_class *class = urgent ? &line->urgent : &line->others;
	size_t flows = class->flow_count + (!flow || flow->count == 0);
	size_t share = flows ? cap / flows : cap;

	return share > LINE_SHARE_LEAST ? share : LINE_SHARE_LEAST;
}

size_t line_room(const struct line *line, const struct line_flow *flow, bool urgent,
	int priority, size_t cap)
{
	size_t share = share_of(line, flow, urgent, cap);
	size_t waiting = !flow ? 0 : priority > 0 ? flow->ahead : flow->count;

	return waiting < share ? share - waiting : 0;
}

bool line_wants(const struct line *line, const struct line_flow *flow, size_t cap)
{
	return flow->count <= share_of(line, flow, flow->urgent, cap) / 2;
}

void line_rooms(struct line *line, struct list *into)
{
	struct map_cursor cursor = {0};
	struct slice name;
	void *flow;

	if (line->plain)
		list_move_all(into, &line->plain->room);
	while (map_next(&line->flows, &cursor, &name, &flow))
		list_move_all(into, &((struct line_flow *)flow)->room);
}

static void sift_flow(struct line *line, struct line_flow *flow,
	bool (*leaves)(void *context, const struct link *link), void *context,
	struct list *into)
{
	size_t before = flow->count;

	for (unsigned level = 0; level < LINE_LEVELS; level++) {
		LIST_EACH_SAFE (&flow->waiting[level], link) {
			if (leaves && !leaves(context, link))
				continue;
			list_remove(link);
			list_append(into, link);
			flow->ahead -= level < 9;
			flow->count--;
		}
		if (list_is_empty(&flow->waiting[level]))
			flow->levels &= ~(UINT32_C(1) << level);
	}
	line->count -= before - flow->count;
	if (before && flow->count == 0)
		leave(line, flow);
}

void line_sift(struct line *line,
	bool (*leaves)(void *context, const struct link *link), void *context,
	struct list *into)
{
	struct map_cursor cursor = {0};
	struct slice name;
	void *flow;

	if (line->plain)
		sift_flow(line, line->plain, leaves, context, into);
	while (map_next(&line->flows, &cursor, &name, &flow))
		sift_flow(line, flow, leaves, context, into);
}

void line_empty(struct line *line, struct list *into)
{
	line_sift(line, NULL, NULL, into);
	line->urgent_run = 0;
}
