/*
 * Chains of strangers, verified and then sealed by us. The first line is the TXT
 * record that DNS has for every name, the rest a message.
 */
#include "dkim/arc.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dkim/arc_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* RFC 8463 appendix A.1 */
#define PEM                                                                  \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
	"-----END PRIVATE KEY-----\n"
#define NOW 1700000000

static void check_verdict(const struct arc_verdict *verdict)
{
	HOLD(arc_status_name(verdict->status));
	HOLD((verdict->status == ARC_FAIL) == (verdict->reason[0] != '\0'));
	for (const char *c = verdict->reason; *c; c++)
		HOLD((unsigned char)*c >= ' ' && *c != 0x7f);
	HOLD(verdict->count <= ARC_SETS_MAX);
	HOLD(verdict->status != ARC_PASS || verdict->count > 0);
	HOLD(!verdict->ended || verdict->status == ARC_FAIL);
	for (size_t i = 0; i < verdict->count; i++)
		HOLD(verdict->status != ARC_PASS || verdict->sets[i].domain.size > 0);
}

static void seal(const struct header *header, struct slice body,
	const struct arc_verdict *verdict)
{
	static struct dkim_key *key;
	struct arc_sealer *sealer = arc_sealer_create();
	struct arc_seal facts = {
		.fields = header->fields,
		.field_count = header->count,
		.chain = verdict,
		.results = verdict->count ? verdict->sets[0].results
					  : SLICE("mx; none"),
		.time_s = NOW,
	};
	struct buffer out = {0};

	if (!key)
		key = dkim_key_create(SLICE("example.com"), SLICE("s"), SLICE(PEM));
	facts.signing = (struct dkim_signing){key, SLICE("example.com")};
	arc_sealer_feed(sealer, body);
	if (arc_sealer_prepare(sealer, &facts)) {
		HOLD(!verdict->ended && arc_sealer_sign(sealer));
		HOLD(arc_sealer_format(sealer, &out));
		HOLD(slice_starts(buffer_contents(&out), SLICE("ARC-Seal: i=")));
	}
	buffer_finish(&out);
	arc_sealer_destroy(&sealer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size), record = slice_cut(&text, '\n');
	size_t end = slice_find(text, SLICE("\r\n\r\n"));
	struct slice body = slice_from(text, end + 4);
	struct dkim_answer answers[ARC_SETS_MAX + 1];
	struct arc_verifier *verifier;
	struct arena arena = {0};
	struct header header;

	if (header_scan(&arena, slice_part(text, 0, end + 2), 1000, 65536, &header)) {
		verifier = arc_verify_begin(header.fields, header.count);
		HOLD(arc_verify_query_count(verifier) <= ARC_SETS_MAX + 1);
		for (size_t i = 0; i < arc_verify_query_count(verifier); i++) {
			HOLD(strlen(arc_verify_query(verifier, i)) <= 253);
			answers[i] = (struct dkim_answer){DKIM_DNS_FOUND, &record, 1};
		}
		arc_verify_feed(verifier, body);
		arc_verify_finish(verifier, answers, NOW);
		check_verdict(arc_verify_result(verifier));
		seal(&header, body, arc_verify_result(verifier));
		arc_verify_destroy(&verifier);
	}
	arena_finish(&arena);
	return 0;
}
