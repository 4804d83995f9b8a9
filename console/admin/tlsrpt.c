/* `tlsrpt`: what was counted of TLS on a day, and sending the reports of it. */
#include "base/clock.h"
#include "base/failure.h"
#include "mail/domain.h"

#include "admin/call.h"
#include "daemon/fan.h"

#define DOMAINS_MAX 1000 /* of one answer */

static bool flush_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct tlsrpt *tlsrpt = relay_tlsrpt(worker->relay);

	(void)request;
	*result_r = value_object();
	if (!tlsrpt || !tlsrpt_is_on(tlsrpt) || tlsrpt_flush(tlsrpt, deadline))
		return true;
	value_release(result_r);
	return false;
}

/* Of one domain: the report as it would be sent, or what came of sending it. */
static bool tell(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain, bool send,
	struct value *list, struct deadline deadline)
{
	struct value *item = value_object(), *report;
	struct arena arena = {0};
	struct tlsrpt_report read;
	struct slice outcome;
	struct buffer json = {0};
	bool good;

	value_set_text(item, "domain", domain);
	if (send) {
		good = tlsrpt_send(tlsrpt, day_ms, domain, &arena, &outcome, deadline);
		if (good)
			value_set_text(item, "outcome", outcome);
	} else {
		good = tlsrpt_read(tlsrpt, day_ms, domain, &arena, &read, deadline) &&
		       tlsrpt_report_json(&read, &json);
		report = good ? value_parse(buffer_contents(&json)) : NULL;
		if (report)
			value_set(item, "report", report);
	}
	buffer_finish(&json);
	arena_finish(&arena);
	if (good)
		value_append(list, item);
	else
		value_release(&item);
	return good;
}

static bool tell_all(struct tlsrpt *tlsrpt, int64_t day_ms, bool send,
	struct value *list, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice *domains;
	size_t count;
	bool good = tlsrpt_domains(
		tlsrpt, day_ms, DOMAINS_MAX, &arena, &domains, &count, deadline);

	for (size_t i = 0; good && i < count; i++)
		good = tell(tlsrpt, day_ms, domains[i], send, list, deadline);
	arena_finish(&arena);
	return good;
}

static bool find_day(const struct value *request, int64_t *day_ms_r)
{
	struct slice day = value_get_text(request, "day");

	if (day.size)
		return tlsrpt_day_parse(day, day_ms_r);
	*day_ms_r = clock_wall_ms() - clock_wall_ms() % TLSRPT_DAY_MS;
	return true;
}

static bool tell_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct tlsrpt *tlsrpt = relay_tlsrpt(worker->relay);
	struct slice name = value_get_text(request, "domain"), domain;
	bool send = value_get_truth(request, "send"), good = true;
	struct value *list = value_list();
	char text[DOMAIN_MAX + 1];
	int64_t day_ms;

	if (worker->index == 0 && tlsrpt) {
		good = find_day(request, &day_ms);
		if (good && name.size)
			good = domain_to_ascii(name, text, &domain)
				       ? tell(tlsrpt, day_ms, domain, send, list,
						 deadline)
				       : fail(FAILURE_DATA, "%.*s is no domain name",
						 SLICE_PRINT(name));
		else if (good)
			good = tell_all(tlsrpt, day_ms, send, list, deadline);
	}
	*result_r = list;
	if (!good)
		value_release(result_r);
	return good;
}

/* First what every worker still has in memory, then what Redis has. */
bool admin_tlsrpt(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job flush = {flush_here}, read = {tell_here};
	struct daemon *daemon = call->daemon;
	struct list *fans = &call->admin->fans;
	const struct value *list;
	struct value *results;
	bool good = true;

	if (!daemon->world->config->relay.tlsrpt.from)
		return fail(FAILURE_CONFIG,
			"nothing is counted: relay.tlsrpt.from names nobody");
	if (!fan_out(daemon, fans, &flush, call->request, &results, deadline))
		return false;
	value_release(&results);
	if (!fan_out(daemon, fans, &read, call->request, &results, deadline))
		return false;
	list = value_at(results, 0);
	for (size_t i = 0; good && i < value_count(list); i++)
		good = admin_say(call, value_copy(value_at(list, i)), deadline);
	value_release(&results);
	return good;
}
