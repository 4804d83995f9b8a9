/*
 * DMARC is what the domain in From asks for, and counts first. SPF alone fails for
 * mail that somebody forwarded: what DMARC passes is good, whatever SPF says.
 */
#include "receive/judgement.h"

#include <arpa/inet.h>

#include "verify/authres.h"

static const char *dkim_word(const struct authentication *found)
{
	for (size_t i = 0; i < found->dkim_count; i++)
		if (found->dkim[i]->result == DKIM_PASS)
			return dkim_result_name(DKIM_PASS);
	return dkim_result_name(found->dkim_count ? found->dkim[0]->result : DKIM_NONE);
}

static struct slice proven_domain(const struct authentication *found)
{
	if (found->dmarc.result == DMARC_PASS)
		return found->dmarc.from_domain;
	for (size_t i = 0; i < found->dkim_count; i++)
		if (found->dkim[i]->result == DKIM_PASS)
			return found->dkim[i]->domain;
	return found->spf_known && found->spf.result == SPF_PASS ? found->spf.domain
								 : SLICE_EMPTY;
}

static struct slice client_text(const struct authentication *found, struct arena *arena)
{
	char *text = arena_take(arena, INET6_ADDRSTRLEN);
	bool four = IN6_IS_ADDR_V4MAPPED(&found->client);

	inet_ntop(four ? AF_INET : AF_INET6, found->client.s6_addr + (four ? 12 : 0),
		text, INET6_ADDRSTRLEN);
	return slice_of(text);
}

/* RFC 7372 3.2. */
static struct reply spf_refusal(const struct authentication *found, struct arena *arena)
{
	const struct spf_verdict *spf = &found->spf;

	return (struct reply){.code = 550,
		.enhanced = {5, 7, 23},
		.text = arena_format(arena,
			"SPF: %.*s does not let %.*s send in its name%s%.*s",
			SLICE_PRINT(spf->domain),
			SLICE_PRINT(client_text(found, arena)),
			spf->explanation.size ? ": " : "",
			SLICE_PRINT(spf->explanation))};
}

bool judgement_is_nameless(const struct reverse_name *caller)
{
	return caller->known && (caller->result == REVERSE_NONE ||
					caller->result == REVERSE_UNCONFIRMED);
}

bool judgement_refuses_sender(const struct config_receive *config,
	const struct authentication *found, struct arena *arena, struct reply *reply_r)
{
	if (config->spf_fail != CONFIG_JUDGE_REFUSE || !found->spf_known ||
		found->spf.result != SPF_FAIL)
		return false;
	*reply_r = spf_refusal(found, arena);
	return true;
}

static bool is_trusted(const struct config_texts *trusted, struct slice domain)
{
	for (size_t i = 0; i < trusted->count; i++)
		if (slice_equal_nocase(slice_of(trusted->at[i]), domain))
			return true;
	return false;
}

/* Somebody we believe has changed it on its way, and says that it was good when it
 * came to him (RFC 8617 7.2). */
static bool was_good_before(
	const struct config_receive *config, const struct authentication *found)
{
	const struct arc_verdict *arc = found->arc;
	const struct arc_set *last;

	if (!arc || arc->status != ARC_PASS || arc->count == 0)
		return false;
	last = &arc->sets[arc->count - 1];
	return is_trusted(&config->arc_trusted, last->domain) &&
	       slice_equal_nocase(
		       authres_find(last->results, SLICE("dmarc")), SLICE("pass"));
}

static void apply(struct judgement *judgement, enum config_judgement what,
	struct slice why, struct reply refusal)
{
	if (what <= judgement->what)
		return;
	judgement->what = what;
	judgement->why = why;
	judgement->refusal = refusal;
}

static void apply_spf(const struct config_receive *config,
	const struct authentication *found, struct arena *arena,
	struct judgement *judgement)
{
	if (!found->spf_known || found->spf.result != SPF_FAIL ||
		found->dmarc.result == DMARC_PASS)
		return;
	apply(judgement, config->spf_fail,
		arena_format(arena, "spf=fail smtp.domain=%.*s",
			SLICE_PRINT(found->spf.domain)),
		spf_refusal(found, arena));
}

static void apply_dmarc(const struct config_receive *config,
	const struct authentication *found, struct arena *arena,
	struct judgement *judgement)
{
	const struct dmarc_verdict *dmarc = &found->dmarc;
	enum config_judgement what = CONFIG_JUDGE_MARK;

	if (dmarc->result != DMARC_FAIL)
		return;
	if (dmarc->policy == DMARC_POLICY_REJECT)
		what = config->dmarc_reject;
	else if (dmarc->policy == DMARC_POLICY_QUARANTINE)
		what = config->dmarc_quarantine;
	apply(judgement, what,
		arena_format(arena, "dmarc=fail header.from=%.*s",
			SLICE_PRINT(dmarc->from_domain)),
		(struct reply){.code = 550,
			.enhanced = {5, 7, 1},
			.text = arena_format(arena,
				"DMARC: %.*s asks to refuse mail in its name that is "
				"not its own (spf=%s, dkim=%s)",
				SLICE_PRINT(dmarc->from_domain), judgement->spf,
				judgement->dkim)});
}

/* A From that cannot be read, or names more domains than are asked, is how DMARC
 * would be got round (RFC 7489 6.6.1): readers show something all the same. */
static void apply_permerror(const struct config_receive *config,
	const struct authentication *found, struct arena *arena,
	struct judgement *judgement)
{
	const struct dmarc_verdict *dmarc = &found->dmarc;

	if (dmarc->result != DMARC_PERMERROR)
		return;
	apply(judgement,
		found->from_domains > AUTHENTICATION_AUTHORS_MAX
			? CONFIG_JUDGE_REFUSE
			: config->dmarc_quarantine,
		arena_format(arena, "dmarc=permerror"),
		(struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = arena_format(arena,
				"It cannot be told whom the message "
				"is from: %s",
				dmarc->reason)});
}

void judgement_make(const struct config_receive *config,
	const struct authentication *found, struct arena *arena,
	struct judgement *judgement_r)
{
	struct judgement judgement = {
		.spf = spf_result_name(found->spf_known ? found->spf.result : SPF_NONE),
		.dkim = dkim_word(found),
		.dmarc = dmarc_result_name(found->dmarc.result),
		.arc = arc_status_name(found->arc ? found->arc->status : ARC_NONE),
		.authentic = (found->spf_known && found->spf.result == SPF_PASS) ||
			     found->dmarc.result == DMARC_PASS,
		.domain = arena_copy(arena, proven_domain(found)),
	};

	/* Two From fields: one for the check, another one for the reader (RFC 7489
	 * 6.6.1); no mail program writes that. */
	if (found->from_fields > 1)
		apply(&judgement, CONFIG_JUDGE_REFUSE, SLICE("header.from=several"),
			REPLY(550, 5, 6, 0,
				"The message has more than one From field"));
	apply_permerror(config, found, arena, &judgement);
	if (!was_good_before(config, found))
		apply_dmarc(config, found, arena, &judgement);
	apply_spf(config, found, arena, &judgement);
	/* REFUSE is said at RCPT; who is told all the same is to read it. */
	if (config->reverse_fail == CONFIG_JUDGE_QUARANTINE &&
		judgement_is_nameless(&found->caller))
		apply(&judgement, CONFIG_JUDGE_QUARANTINE, SLICE("iprev=fail"),
			(struct reply){0});
	*judgement_r = judgement;
}
