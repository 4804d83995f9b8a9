/*
 * One transfer as libcurl sees it: what it may do, where it may go, what came
 * of it. On the fetch thread only.
 */
#include "io/fetch_core.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "base/config_network.h"
#include "base/memory.h"

#define TIME_MAX_MS    600000
#define CONNECT_MAX_MS 30000

static bool read_address(const struct sockaddr *address, uint8_t bytes[16])
{
	const struct sockaddr_in *ipv4 = (const void *)address;
	const struct sockaddr_in6 *ipv6 = (const void *)address;

	memset(bytes, 0, 16);
	if (address->sa_family == AF_INET6) {
		memcpy(bytes, &ipv6->sin6_addr, 16);
		return true;
	}
	bytes[10] = bytes[11] = 0xff;
	memcpy(bytes + 12, &ipv4->sin_addr, 4);
	return address->sa_family == AF_INET;
}

/* The last word on where a connection may go, whatever libcurl made of it. */
static curl_socket_t open_socket(
	void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
	const struct transfer *transfer = context;
	uint8_t address[16];

	if (purpose != CURLSOCKTYPE_IPCXN || !read_address(&to->addr, address) ||
		(!transfer->private_addresses && config_address_is_private(address)))
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t take_body(char *at, size_t one, size_t size, void *context)
{
	struct transfer *transfer = context;

	return buffer_append(&transfer->answer, slice_make(at, one * size)) ? one * size
									    : 0;
}

static size_t take_head(char *at, size_t one, size_t size, void *context)
{
	struct transfer *transfer = context;

	return buffer_append(&transfer->head, slice_make(at, one * size)) ? one * size
									  : 0;
}

static void add_line(void **lines, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*lines, text);

	if (longer)
		*lines = longer;
}

static void set_trust(struct transfer *transfer)
{
	CURL *easy = transfer->handle;
	char *usual = NULL;

	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_getinfo(easy, CURLINFO_CAINFO, &usual);
	/* Without the folder beside it, a file's authorities are read only once. */
	if (transfer->ca_file || usual)
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (transfer->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, transfer->ca_file);
}

static void set_request(struct transfer *transfer)
{
	CURL *easy = transfer->handle;

	curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "Ringpost/" RINGPOST_VERSION);
	for (size_t i = 0; i < transfer->header_count; i++)
		add_line(&transfer->lines, transfer->headers[i]);
	if (transfer->body.at) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)transfer->body.size);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body.at);
		add_line(&transfer->lines, "Expect:");
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->lines);
	if (transfer->resolve)
		add_line(&transfer->hosts, transfer->resolve);
	curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->hosts);
}

/* Nothing comes from the environment: no proxy, no .netrc. */
static void set_way(struct transfer *transfer)
{
	CURL *easy = transfer->handle;
	int64_t time_ms = transfer->time_ms < TIME_MAX_MS ? transfer->time_ms
							  : TIME_MAX_MS;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)time_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MAX_MS);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(
		easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->answer.limit);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	if (!transfer->private_addresses) {
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
}

bool fetch_handle_open(struct transfer *transfer)
{
	transfer->handle = curl_easy_init();
	if (!transfer->handle)
		return false;
	set_way(transfer);
	set_trust(transfer);
	set_request(transfer);
	return true;
}

void fetch_handle_close(struct transfer *transfer)
{
	if (transfer->handle)
		curl_easy_cleanup(transfer->handle);
	curl_slist_free_all(transfer->lines);
	curl_slist_free_all(transfer->hosts);
	transfer->handle = transfer->lines = transfer->hosts = NULL;
}

static enum failure_kind kind_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return FAILURE_NONE;
	case CURLE_OPERATION_TIMEDOUT:
		return FAILURE_TIMEOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		return FAILURE_NETWORK;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return FAILURE_TLS;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return FAILURE_LIMIT;
	case CURLE_OUT_OF_MEMORY:
		return FAILURE_RESOURCE;
	default:
		return FAILURE_PROTOCOL;
	}
}

static char *copy_info(const struct transfer *transfer, CURLINFO info)
{
	char *text = NULL;

	curl_easy_getinfo(transfer->handle, info, &text);
	return text ? memory_copy_text(slice_of(text)) : NULL;
}

void fetch_handle_read(struct transfer *transfer, int code)
{
	long status = 0;
	curl_off_t wait = 0;

	curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
	transfer->status = (unsigned)status;
	transfer->content_type = copy_info(transfer, CURLINFO_CONTENT_TYPE);
	transfer->location = copy_info(transfer, CURLINFO_REDIRECT_URL);
	if (curl_easy_getinfo(transfer->handle, CURLINFO_RETRY_AFTER, &wait) ==
		CURLE_OK)
		transfer->retry_after_s = wait;
	transfer->failure = kind_of((CURLcode)code);
	if (transfer->failure == FAILURE_LIMIT)
		snprintf(transfer->reason, sizeof(transfer->reason),
			"the answer is longer than %zu bytes", transfer->answer.limit);
	else if (transfer->failure && !transfer->reason[0])
		snprintf(transfer->reason, sizeof(transfer->reason), "%s",
			curl_easy_strerror((CURLcode)code));
}
