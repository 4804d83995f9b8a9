/* `sts`: the MTA-STS policy of a domain, as a delivery there would find it. */
#include "base/failure.h"
#include "mail/domain.h"

#include "admin/call.h"
#include "daemon/fan.h"

static void tell_policy(struct value *answer, const struct sts_answer *found)
{
	struct value *hosts;

	if (!found->policy)
		return;
	hosts = value_list();
	for (size_t i = 0; i < found->policy->pattern_count; i++)
		value_append_text(hosts, found->policy->patterns[i]);
	value_set_text(answer, "id", found->id);
	value_set_number(answer, "max_age", found->policy->max_age_s);
	value_set_number(answer, "fetched_ms", found->fetched_ms);
	value_set_number(answer, "expires_ms", found->expires_ms);
	value_set(answer, "mx", hosts);
}

static void tell(
	struct value *answer, struct slice domain, const struct sts_answer *found)
{
	value_set_text(answer, "domain", domain);
	value_set_text(answer, "mode",
		slice_of(found->policy ? sts_force_name(found->mode) : "absent"));
	tell_policy(answer, found);
	if (found->trouble) {
		value_set_text(answer, "trouble",
			slice_of(tlsrpt_result_name(found->trouble)));
		value_set_text(answer, "reason", found->reason);
	}
}

static bool find(struct mta_sts *sts, const struct value *request, struct value *result,
	struct deadline deadline)
{
	struct slice name = value_get_text(request, "domain"), domain;
	struct arena arena = {0};
	struct sts_answer found;
	char text[DOMAIN_MAX + 1];
	bool good;

	if (!domain_to_ascii(name, text, &domain))
		return fail(FAILURE_DATA, "%.*s is no domain name", SLICE_PRINT(name));
	if (value_get_truth(request, "again"))
		mta_sts_ask_again(sts, domain, true);
	good = mta_sts_find(sts, domain, &arena, &found, deadline);
	if (good)
		tell(result, domain, &found);
	arena_finish(&arena);
	return good;
}

/* One worker asks; the others hear of it through Redis. */
static bool ask_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct value *result = value_object();
	struct mta_sts *sts = relay_mta_sts(worker->relay);

	if (worker->index == 0 && sts && !find(sts, request, result, deadline)) {
		value_release(&result);
		return false;
	}
	*result_r = result;
	return true;
}

static void copy(void *context, const char *name, const struct value *item)
{
	value_set(context, name, value_copy(item));
}

bool admin_sts(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {ask_here};
	struct value *results;

	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	value_each(value_at(results, 0), copy, call->answer);
	value_release(&results);
	return true;
}
