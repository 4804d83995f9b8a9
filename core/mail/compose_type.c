/* Media types of files (RFC 2045 5.1): well formed, and by a name's ending. */
#include "mail/compose.h"

#include <string.h>

static bool is_token(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_alnum(text.at[i]) &&
			(!text.at[i] || !strchr("!#$%&'*+-.^_`{|}~", text.at[i])))
			return false;
	return text.size > 0 && text.size <= 127;
}

/* "; name=value; …": quoted values without backslashes, or tokens. */
static bool are_parameters(struct slice rest)
{
	while (rest.at) {
		struct slice value = slice_cut(&rest, ';'), name;

		name = slice_trim(slice_cut(&value, '='));
		value = slice_trim(value);
		if (value.size >= 2 && slice_starts(value, SLICE("\"")) &&
			slice_ends(value, SLICE("\""))) {
			value = slice_part(value, 1, value.size - 2);
			for (size_t i = 0; i < value.size; i++)
				if (value.at[i] < ' ' || value.at[i] > '~' ||
					strchr("\"\\", value.at[i]))
					return false;
			value = SLICE("x");
		}
		if (!is_token(name) || !is_token(value))
			return false;
	}
	return true;
}

bool compose_type_is_valid(struct slice type)
{
	struct slice media = slice_cut(&type, ';'), major;

	if (media.size > 200 || type.size > 200)
		return false;
	media = slice_trim(media);
	major = slice_cut(&media, '/');
	return is_token(major) && is_token(media) && are_parameters(type) &&
	       !slice_equal_nocase(major, SLICE("multipart"));
}

struct slice compose_type_of(struct slice name)
{
	static const struct {
		const char *ending, *type;
	} types[] = {{"avif", "image/avif"}, {"bmp", "image/bmp"}, {"csv", "text/csv"},
		{"css", "text/css"}, {"doc", "application/msword"},
		{"docx", "application/vnd.openxmlformats-officedocument."
			 "wordprocessingml.document"},
		{"eml", "message/rfc822"}, {"gif", "image/gif"},
		{"gz", "application/gzip"}, {"htm", "text/html"}, {"html", "text/html"},
		{"ics", "text/calendar"}, {"jpeg", "image/jpeg"}, {"jpg", "image/jpeg"},
		{"json", "application/json"}, {"md", "text/markdown"},
		{"mp3", "audio/mpeg"}, {"mp4", "video/mp4"},
		{"odt", "application/vnd.oasis.opendocument.text"},
		{"pdf", "application/pdf"}, {"png", "image/png"},
		{"ppt", "application/vnd.ms-powerpoint"},
		{"pptx", "application/vnd.openxmlformats-officedocument."
			 "presentationml.presentation"},
		{"rtf", "application/rtf"}, {"svg", "image/svg+xml"},
		{"tar", "application/x-tar"}, {"txt", "text/plain"},
		{"vcf", "text/vcard"}, {"webp", "image/webp"},
		{"xls", "application/vnd.ms-excel"},
		{"xlsx", "application/vnd.openxmlformats-officedocument."
			 "spreadsheetml.sheet"},
		{"xml", "application/xml"}, {"zip", "application/zip"}};
	struct slice ending = slice_from(name, slice_index_last(name, '.') + 1);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_equal_nocase(ending, slice_of(types[i].ending)))
			return slice_of(types[i].type);
	return SLICE("application/octet-stream");
}
