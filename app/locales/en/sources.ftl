## Where bytes come from: files, folders, addresses. `file` and `url` are shown without passwords and queries.

error-file-not-found = There is no { $file } here.
    .hint = Check the spelling. If it was moved or renamed, open it from where it lies now.
error-file-unreadable = { $file } could not be read: { $reason }.
    .hint = Check that it is a regular file, that you may read it and that its disk is well.
error-folder-too-large = The folder { $folder } holds more than { $limit } files.
    .hint = Open the folder that holds just the checkpoint, or its index file.
error-range-outside = Bytes were sent that lie outside { $file }.
    .hint = Choose the file again; it may have been replaced by a shorter one.
error-range-length = { $expected } bytes of { $file } were asked for, { $actual } came.
    .hint = Choose the file again; it may have changed while it was read.

error-secret-invalid = A token or key holds a line break or a character that no token has.
    .hint = Copy it anew, without anything before or behind it.

error-url-invalid = { $detail ->
        [length] This address is too long.
        [characters] This address holds a blank, a backslash or another character that does not belong in one.
        [host] The host in this address is neither a name nor a plainly written IP address.
        [bucket] The bucket in this address is no valid name of one.
        [hub] This is no repository of the form hf://organisation/name.
        [region] The region for the object store is no valid name of one.
       *[other] This is no complete address.
    }
    .hint = { $detail ->
        [host] Write the host as a name, as four numbers (192.0.2.7) or as an IPv6 address in brackets.
        [bucket] Write s3://bucket/path/to/file, the bucket in lower case.
        [hub] Write hf://organisation/name/path/to/file, with @revision after the name where it is not the main one.
        [region] Set AWS_REGION to the region of the bucket, us-east-1 for instance.
       *[other] Copy the address anew, and replace blanks in it by %20.
    }
error-url-scheme = Addresses that begin with { $scheme }:// cannot be read.
    .hint = Use https://, s3:// or hf://, or the path of a file.
error-url-with-password = The address holds a user name or password before { $host }.
    .hint = Remove all up to the @: addresses are stored and shown to others. Give secrets as credentials instead.
error-url-is-folder = { $url } is a folder, and web servers do not list those.
    .hint = Give the address of the file itself, or of the index beside the shards (….index.json).
error-url-not-https = { $host } would be reached without encryption.
    .hint = Use https://. Plain http can be allowed in the settings, for hosts within your own network.
error-url-port = Port { $port } of { $host } is kept for services other than file servers.
    .hint = Use port 443 or one above 1023, or let the settings allow this host by name.
error-url-private = { $host } { $reason ->
        [loopback] is this server itself
        [metadata] is the place where a cloud keeps its keys
        [link_local] is an address that is valid on one cable only
        [multicast] is an address of many machines at once
        [carrier] lies in a provider's inner network
        [private] lies in a private network
       *[other] is no address of the open internet
    }, so it is not reached on behalf of an address that somebody typed.
    .hint = Use a public address, or upload the file. Whoever runs this server can allow private hosts and networks in the settings.

error-remote-unknown-host = There is no host { $host }.
    .hint = Check the spelling. Names of a private network are known only inside of it.
error-remote-unreachable = { $host } could not be reached.
    .hint = Check that it is up and that this server may connect to it, then try again.
error-remote-timeout = { $host } took too long to answer.
    .hint = Try again later; if it stays slow, download the file and open it from disk.
error-remote-certificate = The certificate of { $host } is not trusted.
    .hint = Check that the host is the right one. A company's own authority can be added in the settings.
error-remote-broken = The connection to { $host } broke off, or what it sends is no proper answer.
    .hint = Try again; if it stays so, download the file and open it from disk.
error-remote-failing = { $host } fails with status { $status }, also after several attempts.
    .hint = Try again later.
error-remote-busy = { $host } asks us to come back later (status { $status }).
    .hint = Wait some minutes. With a token of your own the limits are often wider.
error-remote-status = { $host } answered with status { $status }, and no file.
    .hint = Open the address in a browser to see what it says.
error-remote-denied = { $host } does not let us read this (status { $status }).
    .hint = It may need a token, a licence that is to be accepted first, or a new link if this one has run out. Some hosts also answer so for what does not exist.
error-remote-region = This bucket lies in the region { $region }.
    .hint = Set AWS_REGION, or the region of the stored access, to { $region }.
error-remote-not-found = There is nothing at { $url }.
    .hint = Check the spelling, the revision and the folder.
error-remote-web-page = { $url } is a web page and no file.
    .hint = Copy the address of its download link. A page also comes where one has to log in first: download the file then, and open it from disk.
error-remote-redirects = { $host } sends us on more than { $limit } times.
    .hint = Open the address in a browser and copy the one it ends at.
error-remote-no-ranges = The server of { $url } sends files whole only, and this one is larger than { $limit } bytes.
    .hint = Download it and open it from disk, or put it on a server that answers range requests.
error-remote-wrong-range = { $host } sent other bytes than those that were asked for.
    .hint = Try again; if it stays so, download the file and open it from disk.
error-remote-too-long = { $host } sent more than the { $limit } bytes that were welcome.
    .hint = Download the file and open it from disk.
error-remote-encoded = { $host } sends the file compressed on the way, so parts of it cannot be read.
    .hint = Turn compression off for this kind of file on the server, or download it and open it from disk.
error-remote-changed = { $url } changed while it was read.
    .hint = Read it again from the start. If it is replaced often, use an address of a fixed version.
error-remote-budget = { $host } brought more than the { $limit } bytes that one checkpoint may cost here.
    .hint = Download the file and open it from disk, or raise the limit in the settings.
error-remote-listing = The list of files that { $host } sent cannot be read.
    .hint = Check that the endpoint is what it should be: a hub for hf://, an object store for s3://.
error-remote-index-invalid = { $url } is no index of shards.
    .hint = An index is JSON with a weight_map that names the shard of each tensor. Open the file with the weights itself if there is just one.
error-remote-index-too-large = The index { $url } is larger than { $limit } bytes.
    .hint = Check that it is the index, and not the weights.
error-remote-cancelled = Reading from { $host } was cancelled.
    .hint = Start it again when you like; nothing was changed.
