/* One check_host() on its way: what the files of SPF share. */
#ifndef RINGPOST_VERIFY_SPF_CORE_H
#define RINGPOST_VERIFY_SPF_CORE_H

#include "base/buffer.h"
#include "verify/reverse.h"
#include "verify/spf.h"
#include "verify/spf_macro.h"
#include "verify/spf_record.h"

struct spf {
	const struct spf_question *question;
	struct spf_verdict *verdict;
	struct arena *arena;  /* what the verdict keeps, and records */
	struct arena scratch; /* one answer; given back before the next */
	struct verify_budget budget;
	struct spf_values values; /* domain: of the record at hand */
	unsigned depth;		  /* of include */
	struct slice term;	  /* at hand, for those who watch */
	struct buffer name;	  /* an expanded domain-spec */
	struct slice explanation; /* exp= of the record that decided */
	struct slice explainer;	  /* whose it is */
	bool cancelled;
};

/* Whether a term matches. */
enum spf_match {
	SPF_MATCH_NO,
	SPF_MATCH_YES,
	SPF_MATCH_TEMPERROR, /* the reason is in the verdict; or cancelled */
	SPF_MATCH_PERMERROR,
};

/* spf.c: one domain's record, evaluated, redirects and all. */
enum spf_result spf_evaluate(
	struct spf *spf, struct slice domain, struct deadline deadline);

/* spf_match.c: one term. */
enum spf_match spf_match_term(
	struct spf *spf, const struct spf_term *term, struct deadline deadline);

/* spf_explain.c: the domain's words about a failure into the verdict. */
void spf_explain(struct spf *spf, struct deadline deadline);

/* spf_ask.c */

/*
 * Asks DNS; *answer_r is valid until the next question. False when there is
 * nothing to go on with: cancelled, or the queries are used up (then
 * *limit_r is set).
 */
bool spf_ask(struct spf *spf, enum dns_type type, struct slice name,
	struct dns_answer *answer_r, struct deadline deadline);
/* Counts a term that asks DNS; false with the reason when it is one too many. */
bool spf_count_lookup(struct spf *spf);
/* Counts a term whose answer is void; false when it is one too many. */
bool spf_count_void(struct spf *spf, const struct dns_answer *answer);
/*
 * The name that TEXT (empty: the domain at hand) stands for, in the arena.
 * Asks for the client's names first where the text wants them. at is NULL
 * when DNS could not have such a name.
 */
struct slice spf_target(struct spf *spf, struct slice text, struct deadline deadline);
/* Makes the client's validated name the value of %{p} (7.3). */
void spf_validate_name(struct spf *spf, struct deadline deadline);

/* Sets the verdict's reason. */
void spf_say_why(struct spf *spf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Tells those who watch; what is formatted is cut at 400 bytes. */
void spf_tell_text(struct spf *spf, struct slice note);
void spf_tell(struct spf *spf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
