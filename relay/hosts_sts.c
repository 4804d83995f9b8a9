/*
 * Asking, and a bit for each host.
 */
#include "relay/hosts_sts.h"

static bool is_asked_for(const struct routes *routes, const struct terms *terms,
	struct slice domain, const struct hosts *hosts)
{
	return routes->config->relay.mta_sts &&
	       (!terms->route || terms->route->mta_sts) && !terms->host &&
	       hosts->verdict.kind == VERDICT_NONE && !slice_starts(domain, SLICE("["));
}

bool hosts_ask_sts(struct mta_sts *sts, const struct routes *routes,
	const struct terms *terms, struct slice domain, struct arena *arena,
	struct hosts *hosts, struct sts_answer *answer_r, struct deadline deadline)
{
	*answer_r = (struct sts_answer){.mode = STS_NONE};
	if (!sts || !is_asked_for(routes, terms, domain, hosts))
		return true;
	if (!mta_sts_find(sts, domain, arena, answer_r, deadline))
		return false;
	if (answer_r->fresh_ms > 0 && hosts->ttl_s > answer_r->fresh_ms / 1000)
		hosts->ttl_s = (uint32_t)(answer_r->fresh_ms / 1000);
	if (!answer_r->policy)
		return true;
	hosts->tls.sts = answer_r->mode;
	for (size_t i = 0; i < hosts->count; i++)
		if (sts_policy_names(answer_r->policy, hosts->list[i].name))
			hosts->tls.sts_hosts |= UINT32_C(1) << i;
	return true;
}
