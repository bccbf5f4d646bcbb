package dev.spindle.weights.catalogue;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The proxies that environment variables name, as curl reads them: {@code http_proxy}, {@code https_proxy} or their
 * capitals, {@code all_proxy} for both, and {@code no_proxy}, a list of hosts and domains or {@code *}. Where there are none,
 * the JVM's own selector decides, which reads {@code -Dhttps.proxyHost} and its like.
 */
final class EnvironmentProxies extends ProxySelector {

    private static final int DEFAULT_PORT = 1080;

    private final Map<String, String> environment;
    private final ProxySelector otherwise;

    EnvironmentProxies(Map<String, String> environment, ProxySelector otherwise) {
        this.environment = environment;
        this.otherwise = otherwise;
    }

    @Override
    public List<Proxy> select(URI address) {
        List<Proxy> chosen = otherwise == null ? List.of(Proxy.NO_PROXY) : otherwise.select(address);
        boolean chosenByProperty = chosen.stream().anyMatch(proxy -> proxy.type() != Proxy.Type.DIRECT);
        if (chosenByProperty || isExempt(address.getHost().toLowerCase(Locale.ROOT))) {
            return chosen;
        }
        for (String name : List.of(address.getScheme() + "_proxy", "all_proxy")) {
            String value = variable(name);
            if (!value.isBlank()) {
                return List.of(proxy(name, value.strip()));
            }
        }
        return chosen;
    }

    private String variable(String name) {
        String lower = environment.get(name);
        return lower == null ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "") : lower;
    }

    private boolean isExempt(String host) {
        return Arrays.stream(variable("no_proxy").split("[,\\s]+"))
                .map(entry -> entry.toLowerCase(Locale.ROOT))
                .map(entry -> entry.startsWith(".") ? entry.substring(1) : entry)
                .anyMatch(entry -> !entry.isEmpty()
                        && (entry.equals("*") || host.equals(entry) || host.endsWith("." + entry)));
    }

    private static Proxy proxy(String name, String value) {
        URI uri;
        try {
            uri = new URI(value.contains("://") ? value : "http://" + value);
        } catch (URISyntaxException e) {
            // Its message would show the whole value, and with it a password that may be in there.
            throw new InvalidInputException(name + ": expected http://host:port, found something else");
        }
        if (!"http".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
            throw new InvalidInputException(name + ": expected http://host:port, found another kind of proxy");
        }
        if (uri.getUserInfo() != null) {
            throw new InvalidInputException(
                    name + ": expected a proxy without user and password, which are not supported, found some");
        }
        int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
        return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(uri.getHost(), port));
    }

    @Override
    public void connectFailed(URI address, SocketAddress proxy, IOException failure) {
        // The request fails with the same exception; there is no second proxy to choose.
    }
}
