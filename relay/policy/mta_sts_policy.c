/*
 * MTA-STS's two texts. Both come from strangers; what is not as RFC 8461 says is
 * no policy, for half of one would be worse.
 */
#include "policy/mta_sts_policy.h"

#include "base/failure.h"
#include "base/memory.h"
#include "mail/domain.h"

#define VERSION	       SLICE("STSv1")
#define FIELD_NAME_MAX 32

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name(struct slice name)
{
	if (name.size == 0 || name.size > FIELD_NAME_MAX || !ascii_is_alnum(name.at[0]))
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (!ascii_is_alnum(name.at[i]) && name.at[i] != '_' &&
			name.at[i] != '-' && name.at[i] != '.')
			return false;
	return true;
}

/* --- The record, 3.1 --- */

static bool is_id(struct slice id)
{
	if (id.size == 0 || id.size > STS_ID_MAX)
		return false;
	for (size_t i = 0; i < id.size; i++)
		if (!ascii_is_alnum(id.at[i]))
			return false;
	return true;
}

/* Printable, and neither "=" nor ";" nor a space. */
static bool is_record_value(struct slice value)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.at[i] <= ' ' || value.at[i] > '~' || value.at[i] == '=')
			return false;
	return value.size > 0;
}

bool sts_record_is_ours(struct slice record)
{
	struct slice version = slice_cut(&record, ';');

	while (version.size && is_space(version.at[version.size - 1]))
		version.size--;
	return record.at && slice_equal(version, SLICE("v=STSv1"));
}

bool sts_record_parse(struct slice record, struct slice *id_r)
{
	struct slice id = SLICE_EMPTY;

	if (!sts_record_is_ours(record))
		return fail(FAILURE_DATA, "the record does not begin with v=STSv1;");
	slice_cut(&record, ';');
	while (record.at) {
		struct slice field = slice_trim(slice_cut(&record, ';')), name;

		if (field.size == 0 && slice_trim(record).size == 0)
			break; /* behind the last ";" */
		name = slice_cut(&field, '=');
		if (!is_name(name) || !is_record_value(field))
			return fail(FAILURE_DATA, "a field of the record is malformed");
		if (!slice_equal(name, SLICE("id")))
			continue;
		if (id.size || !is_id(field))
			return fail(FAILURE_DATA, "the record's id is malformed");
		id = field;
	}
	if (id.size == 0)
		return fail(FAILURE_DATA, "the record has no id");
	*id_r = id;
	return true;
}

/* --- The policy, 3.2 --- */

struct reading {
	struct arena *arena;
	struct sts_policy policy;
	bool version, mode, max_age;
	size_t bytes;
};

static bool read_mode(struct reading *reading, struct slice value)
{
	for (enum sts_force mode = STS_NONE; mode <= STS_ENFORCE; mode++) {
		if (slice_equal(value, slice_of(sts_force_name(mode)))) {
			reading->policy.mode = mode;
			return true;
		}
	}
	return fail(FAILURE_DATA, "its mode is none of enforce, testing, none");
}

static bool read_max_age(struct reading *reading, struct slice value)
{
	uint64_t seconds;

	if (value.size > 10 || !slice_to_u64(value, &seconds) ||
		seconds > STS_MAX_AGE_S)
		return fail(FAILURE_DATA, "its max_age is not 0 to %u", STS_MAX_AGE_S);
	reading->policy.max_age_s = (uint32_t)seconds;
	return true;
}

static bool read_mx(struct reading *reading, struct slice value)
{
	struct sts_policy *policy = &reading->policy;
	char text[DOMAIN_MAX + 1];
	struct slice rest = value, name;
	bool wild = slice_starts(value, SLICE("*."));

	if (wild)
		rest = slice_from(rest, 2);
	if (slice_ends(rest, SLICE(".")))
		rest.size--;
	if (!domain_to_ascii(rest, text, &name))
		return fail(FAILURE_DATA, "an mx is no host name");
	if (policy->pattern_count == STS_PATTERNS_MAX)
		return fail(FAILURE_DATA, "it has more than %d mx", STS_PATTERNS_MAX);
	reading->bytes += name.size + 2;
	if (reading->bytes > STS_PATTERN_BYTES)
		return fail(FAILURE_DATA, "its mx are too long");
	if (!policy->patterns)
		policy->patterns = arena_take_array(
			reading->arena, STS_PATTERNS_MAX, sizeof(*policy->patterns));
	policy->patterns[policy->pattern_count++] = arena_format(
		reading->arena, "%s%.*s", wild ? "*." : "", SLICE_PRINT(name));
	return true;
}

/* Of what may stand once, the first counts. */
static bool read_field(struct reading *reading, struct slice name, struct slice value)
{
	if (slice_equal(name, SLICE("mx")))
		return read_mx(reading, value);
	if (slice_equal(name, SLICE("version")) && !reading->version) {
		reading->version = true;
		return slice_equal(value, VERSION) ||
		       fail(FAILURE_DATA, "its version is not STSv1");
	}
	if (slice_equal(name, SLICE("mode")) && !reading->mode) {
		reading->mode = true;
		return read_mode(reading, value);
	}
	if (slice_equal(name, SLICE("max_age")) && !reading->max_age) {
		reading->max_age = true;
		return read_max_age(reading, value);
	}
	return true;
}

static bool has_controls(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (((unsigned char)text.at[i] < ' ' && text.at[i] != '\t') ||
			text.at[i] == 0x7f)
			return true;
	return false;
}

static bool read_line(struct reading *reading, struct slice line)
{
	struct slice value = line, name;

	if (has_controls(line))
		return fail(FAILURE_DATA, "a control character is in it");
	name = slice_cut(&value, ':');
	if (!value.at || !is_name(name))
		return fail(FAILURE_DATA, "a line of it is no \"name: value\"");
	value = slice_trim(value);
	if (value.size == 0)
		return fail(FAILURE_DATA, "a line of it has no value");
	return read_field(reading, name, value);
}

bool sts_policy_parse(
	struct slice text, struct arena *arena, struct sts_policy *policy_r)
{
	struct reading reading = {.arena = arena};

	if (text.size > STS_TEXT_MAX)
		return fail(FAILURE_DATA, "the policy is too long");
	while (text.at) {
		struct slice line = slice_cut(&text, '\n');

		if (text.at && slice_ends(line, SLICE("\r")))
			line.size--;
		/* Nobody means anything by blank lines at the end. */
		if (slice_trim_all(line).size == 0 && slice_trim_all(text).size == 0)
			break;
		if (!read_line(&reading, line))
			return fail_in("the policy is wrong");
	}
	if (!reading.version || !reading.mode || !reading.max_age)
		return fail(FAILURE_DATA, "the policy is wrong: it has no %s",
			!reading.version ? "version"
			: !reading.mode	 ? "mode"
					 : "max_age");
	if (reading.policy.mode != STS_NONE && reading.policy.pattern_count == 0)
		return fail(FAILURE_DATA, "the policy is wrong: it names no mx");
	*policy_r = reading.policy;
	return true;
}

void sts_policy_print(const struct sts_policy *policy, struct buffer *text)
{
	buffer_append_format(
		text, "version: STSv1\nmode: %s\n", sts_force_name(policy->mode));
	for (size_t i = 0; i < policy->pattern_count; i++)
		buffer_append_format(
			text, "mx: %.*s\n", SLICE_PRINT(policy->patterns[i]));
	buffer_append_format(text, "max_age: %u\n", policy->max_age_s);
}

/* 4.1: "*." stands for one label, no more, no less. */
bool sts_policy_names(const struct sts_policy *policy, struct slice host)
{
	struct slice parent = host;

	if (slice_ends(host, SLICE(".")))
		host.size--;
	parent = host;
	slice_cut(&parent, '.');
	for (size_t i = 0; i < policy->pattern_count; i++) {
		struct slice pattern = policy->patterns[i];

		if (slice_starts(pattern, SLICE("*."))
				? parent.size < host.size && parent.size &&
					  host.at[0] != '.' &&
					  slice_equal_nocase(
						  parent, slice_from(pattern, 2))
				: slice_equal_nocase(pattern, host))
			return true;
	}
	return false;
}

const char *sts_force_name(enum sts_force mode)
{
	static const char *const names[] = {"none", "testing", "enforce"};

	return names[mode];
}
