import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Have a picture read: java Ocr.java PICTURE MARKED. With a JSON library of yours the two patterns go. */
public class Ocr {
    private static final String STRING = "\"((?:[^\"\\\\]|\\\\.)*+)\"";
    private static final Pattern TEXT = Pattern.compile("\"text\":" + STRING + ",\"score\":([0-9.eE+-]+)");

    public static void main(String[] arguments) throws Exception {
        String url = System.getenv().getOrDefault("INKREAD_URL", "http://127.0.0.1:8080");
        String image = Base64.getEncoder().encodeToString(Files.readAllBytes(Path.of(arguments[0])));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + "/ocr"))
            .timeout(Duration.ofSeconds(120))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"image\":\"" + image + "\"}"));
        if (System.getenv("INKREAD_TOKEN") != null) {
            request.header("Authorization", "Bearer " + System.getenv("INKREAD_TOKEN"));
        }
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (answer.statusCode() != 200) {
            System.err.println(field(answer.body(), "errorMsg"));
            System.exit(1);
        }
        for (Matcher each = TEXT.matcher(answer.body()); each.find();) {
            out.printf(Locale.ROOT, "%.2f %s%n", Double.parseDouble(each.group(2)), unescaped(each.group(1)));
        }
        Files.write(Path.of(arguments[1]), Base64.getDecoder().decode(field(answer.body(), "image")));
    }

    private static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":" + STRING).matcher(json);
        return found.find() ? unescaped(found.group(1)) : "";
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            if (next != '\\') {
                plain.append(next);
                continue;
            }
            char kind = text.charAt(++i);
            int named = "bfnrt".indexOf(kind);
            if (kind == 'u') {
                plain.append((char) Integer.parseInt(text.substring(i + 1, i + 5), 16));
                i += 4;
            } else {
                plain.append(named < 0 ? kind : "\b\f\n\r\t".charAt(named));
            }
        }
        return plain.toString();
    }
}
