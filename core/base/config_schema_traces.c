/* The schema's rows of traces. */
#include "base/config_rows.h"

#include <string.h>

#include "base/config_traces.h"

#define OBJECT struct config_traces
static const struct config_key traces_keys[] = {
	{TEXT(endpoint, NULL, config_form_http,
		"a URL such as http://127.0.0.1:4318/v1/traces")},
	{NUMBER(per_million, "1000", 0, 1000000)},
	{TEXTS(headers, 20, config_form_header, "Name: value")},
	{DURATION(timeout, "10s", 100, 5 * MINUTE)},
	{PATH(ca_file, NULL)},
};
#undef OBJECT

const struct config_section traces_section = {"traces", KEYS(traces_keys), 0};

bool config_form_http(const char *text)
{
	return config_form_https(text) || (strncmp(text, "http://", 7) == 0 && text[7]);
}

bool config_form_header(const char *text)
{
	size_t name = strcspn(text, ":"), value = name + 1;

	if (name == 0 || !text[name])
		return false;
	for (size_t i = 0; i < name; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') &&
			!(text[i] >= 'A' && text[i] <= 'Z') &&
			!(text[i] >= '0' && text[i] <= '9') && text[i] != '-' &&
			text[i] != '_')
			return false;
	value += strspn(text + value, " ");
	for (size_t i = value; text[i]; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return false;
	return text[value] != '\0';
}
