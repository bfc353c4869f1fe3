// Have a picture read: dotnet run PICTURE MARKED
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

var url = Environment.GetEnvironmentVariable("INKREAD_URL") ?? "http://127.0.0.1:8080";
using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(120) };
if (Environment.GetEnvironmentVariable("INKREAD_TOKEN") is { } token)
{
    client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
}

var image = Convert.ToBase64String(await File.ReadAllBytesAsync(args[0]));
using var answer = await client.PostAsJsonAsync($"{url}/ocr", new { image });
var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
if (!answer.IsSuccessStatusCode)
{
    Console.Error.WriteLine(reply.GetProperty("errorMsg").GetString());
    return 1;
}
var result = reply.GetProperty("result");
foreach (var text in result.GetProperty("texts").EnumerateArray())
{
    Console.WriteLine($"{text.GetProperty("score").GetDouble():F2} {text.GetProperty("text").GetString()}");
}
await File.WriteAllBytesAsync(args[1], result.GetProperty("image").GetBytesFromBase64());
return 0;
