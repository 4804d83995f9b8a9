/* Which rules hold for what is happening. */
#include "bench/rule.h"

#include "base/memory.h"
#include "base/random.h"

#define ALWAYS 1000000 /* per million */

static bool holds(
	struct rules *rules, struct rule *rule, const struct rule_event *event);
static bool domain_holds(const struct rule *rule, const struct rule_event *event);
static bool address_holds(const char *listening, const char *wanted);
static bool is_over(struct rule *rule, int64_t now_us);
static int64_t choose_delay(const struct rule *rule);

struct rule_verdict rules_ask(struct rules *rules, const struct rule_event *event)
{
	struct rule_verdict verdict = {0};

	if (!(rules->stages & 1u << event->stage))
		return verdict;
	for (size_t i = 0; i < rules->count && !verdict.disconnect; i++) {
		struct rule *rule = &rules->at[i];

		if (rule->action == RULE_CONNECTIONS ||
			(rule->action == RULE_REFUSE && verdict.refusal) ||
			!holds(rules, rule, event))
			continue;
		atomic_fetch_add(&rule->hits, 1);
		if (rule->action == RULE_DELAY)
			verdict.delay_us += choose_delay(rule);
		else if (rule->action == RULE_DISCONNECT)
			verdict.disconnect = true;
		else if (!verdict.refusal)
			verdict.refusal = rule;
	}
	return verdict;
}

struct rule_verdict rules_connect(
	struct rules *rules, const struct rule_event *event, uint64_t *counted_r)
{
	struct rule_verdict verdict = rules_ask(rules, event);
	uint64_t counted = 0;

	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->at[i];

		if (rule->action != RULE_CONNECTIONS || !holds(rules, rule, event))
			continue;
		counted |= UINT64_C(1) << i;
		if (atomic_fetch_add(&rule->open, 1) < rule->most || verdict.refusal)
			continue;
		atomic_fetch_add(&rule->hits, 1);
		verdict.refusal = rule;
	}
	*counted_r = counted;
	return verdict;
}

void rules_disconnect(struct rules *rules, uint64_t counted)
{
	for (size_t i = 0; counted; i++, counted >>= 1)
		if (counted & 1)
			atomic_fetch_sub(&rules->at[i].open, 1);
}

static bool holds(
	struct rules *rules, struct rule *rule, const struct rule_event *event)
{
	int64_t age_us = event->now_us - rules->start_us;

	if (rule->stage != RULE_ANY && rule->stage != event->stage)
		return false;
	/* "any" is what has a reply of its own. */
	if (rule->stage == RULE_ANY &&
		(event->stage == RULE_BODY || event->stage == RULE_REPLY))
		return false;
	if (rule->first_port &&
		(event->port < rule->first_port || event->port > rule->last_port))
		return false;
	if (rule->address && !address_holds(event->address, rule->address))
		return false;
	if (event->messages < rule->after_messages)
		return false;
	if (rule->action == RULE_MESSAGES && event->messages < rule->most)
		return false;
	if (rule->until_us && (age_us < rule->from_us || age_us >= rule->until_us))
		return false;
	if (rule->domain && !domain_holds(rule, event))
		return false;
	if (rule->per_million < ALWAYS && random_below(ALWAYS) >= rule->per_million)
		return false;
	if (rule->first_try) {
		int64_t since_us = seen_since(&rules->seen,
			event->key ^ (uint64_t)(rule - rules->at) << 56, event->now_us);

		if (since_us && since_us >= rule->first_try_us)
			return false;
	}
	return (rule->over_rate <= 0 && !rule->over_us) || is_over(rule, event->now_us);
}

/* "192.0.2.1:25", "[2001:db8::1]:25" */
static bool address_holds(const char *listening, const char *wanted)
{
	struct slice text = slice_of(listening);

	text = slice_part(text, 0, slice_index_last(text, ':'));
	if (slice_starts(text, SLICE("[")))
		text = slice_part(text, 1, text.size - 2);
	return slice_equal_nocase(text, slice_of(wanted));
}

static bool domain_holds(const struct rule *rule, const struct rule_event *event)
{
	struct slice wanted = slice_of(rule->domain);
	bool below = slice_starts(wanted, SLICE("*."));

	for (size_t i = 0; i < event->address_count; i++) {
		struct slice domain = event->addresses[i].domain;

		if (below ? slice_ends_nocase(domain, slice_from(wanted, 1))
			  : slice_equal_nocase(domain, wanted))
			return true;
	}
	return false;
}

/*
 * What is within the rate is let by and used up. A tenth of a second's worth,
 * and one at the least, may come together.
 */
static bool is_over_rate(struct rule *rule, int64_t now_us)
{
	int64_t each_us = (int64_t)(1e6 / rule->over_rate);
	int64_t ahead_us = each_us > 100000 ? each_us : 100000;
	int64_t allowed = atomic_load(&rule->allowed_us), next;

	do {
		next = (allowed > now_us ? allowed : now_us) + each_us;
		if (next > now_us + ahead_us)
			return true;
	} while (!atomic_compare_exchange_weak(&rule->allowed_us, &allowed, next));
	return false;
}

/* So many in each such time. */
static bool is_over_count(struct rule *rule, int64_t now_us)
{
	int64_t began = atomic_load(&rule->window_us);

	if ((!began || now_us - began >= rule->over_us) &&
		atomic_compare_exchange_strong(&rule->window_us, &began, now_us))
		atomic_store(&rule->in_window, 0);
	return atomic_fetch_add(&rule->in_window, 1) >= rule->over_count;
}

static bool is_over(struct rule *rule, int64_t now_us)
{
	bool over = now_us < atomic_load(&rule->penalty_until_us);

	if (over)
		return true;
	over = rule->over_us ? is_over_count(rule, now_us) : is_over_rate(rule, now_us);
	if (over && rule->penalty_us)
		atomic_store(&rule->penalty_until_us, now_us + rule->penalty_us);
	return over;
}

static int64_t choose_delay(const struct rule *rule)
{
	uint64_t range = (uint64_t)(rule->delay_most_us - rule->delay_us);

	return rule->delay_us + (range ? (int64_t)random_below(range) : 0);
}
