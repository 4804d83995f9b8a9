/* The text that Prometheus reads; see exposition.h. */
#include "metrics/exposition.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/event.h"

#define FAMILY "ringpost_stage_seconds"

static const char *const kinds[] = {"counter", "gauge", "histogram"};

void exposition_family(struct exposition *out, const char *name,
	enum exposition_kind kind, const char *help)
{
	buffer_append_format(out->text, "# HELP %s %s\n# TYPE %s %s\n", name, help,
		name, kinds[kind]);
}

void exposition_begin(struct exposition *out, const char *name)
{
	buffer_append(out->text, slice_of(name));
	out->labels = 0;
}

/* Backslashes, quotes and line ends are escaped; JSON's encoder does so, too, and
 * writes what else it escapes as \uXXXX, which nobody minds in a label. */
void exposition_label(struct exposition *out, const char *name, struct slice value)
{
	buffer_append_format(out->text, "%c%s=", out->labels++ ? ',' : '{', name);
	event_quote(out->text, value);
}

static void end_labels(struct exposition *out)
{
	if (out->labels)
		buffer_append(out->text, SLICE("}"));
	out->labels = 0;
}

void exposition_end(struct exposition *out, uint64_t value)
{
	end_labels(out);
	buffer_append_format(out->text, " %" PRIu64 "\n", value);
}

void exposition_end_us(struct exposition *out, int64_t us)
{
	end_labels(out);
	buffer_append_format(
		out->text, " %" PRId64 ".%06" PRId64 "\n", us / 1000000, us % 1000000);
}

void exposition_single(struct exposition *out, const char *name,
	enum exposition_kind kind, const char *help, uint64_t value)
{
	exposition_family(out, name, kind, help);
	exposition_begin(out, name);
	exposition_end(out, value);
}

/* Without zeroes that say nothing: 0.00025, 0.1, 30. */
static struct slice seconds(int64_t us, char text[32])
{
	int size = snprintf(
		text, 32, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);

	while (text[size - 1] == '0')
		size--;
	if (text[size - 1] == '.')
		size--;
	return slice_make(text, (size_t)size);
}

static void sample(struct exposition *out, const char *name, enum timing timing,
	struct slice bound)
{
	exposition_begin(out, name);
	exposition_label(out, "stage", slice_of(timing_name(timing)));
	if (bound.size)
		exposition_label(out, "le", bound);
}

void exposition_timings(struct exposition *out)
{
	exposition_family(out, FAMILY, EXPOSITION_HISTOGRAM,
		"How long the steps of a message's way take");
	for (enum timing timing = 0; timing < TIMINGS; timing++) {
		struct timing_figures figures;
		uint64_t below = 0;
		char text[32];

		timing_read(timing, &figures);
		for (size_t i = 0; i < TIMING_BOUNDS; i++) {
			below += figures.buckets[i];
			sample(out, FAMILY "_bucket", timing,
				seconds(timing_bounds_us[i], text));
			exposition_end(out, below);
		}
		sample(out, FAMILY "_bucket", timing, SLICE("+Inf"));
		exposition_end(out, figures.count);
		sample(out, FAMILY "_sum", timing, SLICE_EMPTY);
		exposition_end_us(out, (int64_t)figures.sum_us);
		sample(out, FAMILY "_count", timing, SLICE_EMPTY);
		exposition_end(out, figures.count);
	}
}
