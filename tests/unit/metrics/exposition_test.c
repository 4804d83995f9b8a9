/* The text that Prometheus reads. */
#include "../check.h"

#include "metrics/exposition.h"
#include "metrics/tally.h"

CASE("families, labels and values, as the format has them")
{
	struct buffer text = {0};
	struct exposition out = {.text = &text};

	exposition_family(&out, "ringpost_queue_entries", EXPOSITION_GAUGE,
		"Entries of the queue by state");
	exposition_begin(&out, "ringpost_queue_entries");
	exposition_label(&out, "state", SLICE("held"));
	exposition_label(&out, "odd", SLICE("a\\b\"c\nd"));
	exposition_end(&out, 12);
	exposition_single(&out, "ringpost_up", EXPOSITION_GAUGE, "Up", 1);
	exposition_begin(&out, "x");
	exposition_end_us(&out, 1000250);
	CHECK_SLICE(buffer_contents(&text),
		"# HELP ringpost_queue_entries Entries of the queue by state\n"
		"# TYPE ringpost_queue_entries gauge\n"
		"ringpost_queue_entries{state=\"held\",odd=\"a\\\\b\\\"c\\nd\"} 12\n"
		"# HELP ringpost_up Up\n# TYPE ringpost_up gauge\nringpost_up 1\n"
		"x 1.000250\n");
	buffer_finish(&text);
}

CASE("histograms: buckets add up, and the last one is all")
{
	struct buffer text = {0};
	struct exposition out = {.text = &text};
	struct slice whole;

	timing_record(TIMING_TLS, 200);
	timing_record(TIMING_TLS, 30000000);
	exposition_timings(&out);
	whole = buffer_contents(&text);
	static const char *const lines[] = {
		"# TYPE ringpost_stage_seconds histogram\n",
		"ringpost_stage_seconds_bucket{stage=\"tls\",le=\"0.0001\"} 0\n",
		"ringpost_stage_seconds_bucket{stage=\"tls\",le=\"0.00025\"} 1\n",
		"ringpost_stage_seconds_bucket{stage=\"tls\",le=\"10\"} 1\n",
		"ringpost_stage_seconds_bucket{stage=\"tls\",le=\"30\"} 2\n",
		"ringpost_stage_seconds_bucket{stage=\"tls\",le=\"+Inf\"} 2\n",
		"ringpost_stage_seconds_sum{stage=\"tls\"} 30.000200\n",
		"ringpost_stage_seconds_count{stage=\"tls\"} 2\n",
		"ringpost_stage_seconds_count{stage=\"accept\"} 0\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!CHECK(slice_find(whole, slice_of(lines[i])) < whole.size))
			fprintf(stderr, "missing: %s", lines[i]);
	buffer_finish(&text);
}

CASE("sessions by role, TLS by side and version")
{
	struct buffer text = {0};
	struct exposition out = {.text = &text};

	tally_session(CONFIG_ROLE_IMAP, TALLY_SESSION_BEGUN);
	tally_session(CONFIG_ROLE_IMAP, TALLY_SESSION_BEGUN);
	tally_session(CONFIG_ROLE_IMAP, TALLY_SESSION_ENDED);
	tally_session(CONFIG_ROLE_RECEIVE, TALLY_SESSION_TOO_MANY);
	tally_tls(true, TALLY_TLS_1_3);
	tally_tls(true, TALLY_TLS_RESUMED);
	tally_tls(false, TALLY_TLS_OTHER);
	exposition_tallies(&out);
	static const char *const lines[] = {
		"ringpost_sessions{role=\"imap\"} 1\n",
		"ringpost_sessions_total{role=\"imap\"} 2\n",
		"ringpost_sessions_total{role=\"http\"} 0\n",
		"ringpost_sessions_refused_total{role=\"receive\",why=\"limit\"} 1\n",
		"ringpost_tls_handshakes_total{side=\"server\",version=\"1.3\"} 1\n",
		"ringpost_tls_handshakes_total{side=\"client\",version=\"other\"} 1\n",
		"ringpost_tls_resumed_total{side=\"server\"} 1\n",
		"ringpost_tls_failures_total{side=\"client\"} 0\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!CHECK(slice_find(buffer_contents(&text), slice_of(lines[i])) <
			    buffer_size(&text)))
			fprintf(stderr, "missing: %s", lines[i]);
	buffer_finish(&text);
}

CHECK_MAIN()
