/* From the checks of a message to a value. */
#include "report/verify_value.h"

#include "base/memory.h"
#include "verify/authres.h"

static void set_if(struct value *object, const char *name, struct slice text)
{
	if (text.size > 0)
		value_set_text(object, name, text);
}

static struct value *make_spf(const struct authentication *found)
{
	const struct spf_verdict *spf = &found->spf;
	struct value *value = value_object();

	value_set_text(value, "result", slice_of(spf_result_name(spf->result)));
	value_set_text(value, "domain", spf->domain);
	value_set_text(
		value, "identity", spf->helo ? SLICE("helo") : SLICE("mail_from"));
	set_if(value, "mechanism", spf->mechanism);
	set_if(value, "explanation", spf->explanation);
	set_if(value, "reason", slice_of(spf->reason));
	value_set_number(value, "queries", spf->queries);
	return value;
}

static struct value *make_caller(const struct reverse_name *caller)
{
	struct value *value = value_object();

	value_set_text(value, "result", slice_of(reverse_result_name(caller->result)));
	set_if(value, "name", caller->name);
	return value;
}

static struct value *make_signature(
	const struct dkim_verdict *verdict, const struct dmarc_verdict *dmarc)
{
	struct value *value = value_object();

	value_set_text(value, "result", slice_of(dkim_result_name(verdict->result)));
	set_if(value, "domain", verdict->domain);
	set_if(value, "selector", verdict->selector);
	set_if(value, "identity", verdict->identity);
	set_if(value, "algorithm", verdict->algorithm);
	if (verdict->key_bits)
		value_set_number(value, "key_bits", verdict->key_bits);
	value_set_truth(value, "testing", verdict->testing);
	value_set_truth(value, "aligned",
		dmarc_is_aligned(verdict->domain, dmarc->from_domain,
			dmarc->record.dkim_strict));
	if (verdict->partial)
		value_set_number(
			value, "unsigned_bytes", (int64_t)verdict->unsigned_size);
	set_if(value, "reason", slice_of(verdict->reason));
	return value;
}

static struct value *make_arc(const struct arc_verdict *arc)
{
	struct value *value = value_object(), *sets = value_list();

	value_set_text(value, "result", slice_of(arc_status_name(arc->status)));
	set_if(value, "reason", slice_of(arc->reason));
	for (size_t i = 0; i < arc->count; i++) {
		struct value *set = value_object();

		value_set_number(set, "instance", (int64_t)i + 1);
		value_set_text(set, "domain", arc->sets[i].domain);
		value_set_text(set, "selector", arc->sets[i].selector);
		value_set_text(set, "results", arc->sets[i].results);
		value_append(sets, set);
	}
	value_set(value, "sets", sets);
	return value;
}

static struct value *make_dmarc(const struct dmarc_verdict *dmarc)
{
	struct value *value = value_object();

	value_set_text(value, "result", slice_of(dmarc_result_name(dmarc->result)));
	set_if(value, "from_domain", dmarc->from_domain);
	set_if(value, "organization", dmarc->organization);
	set_if(value, "reason", slice_of(dmarc->reason));
	value_set_truth(value, "spf_aligned", dmarc->spf_aligned);
	value_set_truth(value, "dkim_aligned", dmarc->dkim_aligned);
	set_if(value, "dkim_domain", dmarc->dkim_domain);
	if (dmarc->record_domain.size == 0)
		return value;
	value_set_text(value, "record_domain", dmarc->record_domain);
	value_set_text(
		value, "published", slice_of(dmarc_policy_name(dmarc->published)));
	value_set_number(value, "percent", dmarc->record.percent);
	value_set_text(value, "policy", slice_of(dmarc_policy_name(dmarc->policy)));
	return value;
}

struct value *verify_value_make(const struct authentication *found)
{
	struct value *value = value_object(), *signatures = value_list();
	struct buffer field = {0};

	set_if(value, "from", found->from);
	value_set_truth(value, "oversize", found->oversize);
	if (found->caller.known)
		value_set(value, "iprev", make_caller(&found->caller));
	if (found->spf_known)
		value_set(value, "spf", make_spf(found));
	for (size_t i = 0; i < found->dkim_count; i++)
		value_append(signatures, make_signature(found->dkim[i], &found->dmarc));
	value_set(value, "dkim", signatures);
	if (found->arc)
		value_set(value, "arc", make_arc(found->arc));
	value_set(value, "dmarc", make_dmarc(&found->dmarc));
	value_set_number(value, "queries", found->queries);
	authres_write(found, &field);
	value_set_text(value, "authentication_results", buffer_contents(&field));
	buffer_finish(&field);
	return value;
}
